import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The longest files, the longest first: one that starts last keeps a single core busy while the others rest. */
const longest = ['backends/conformance.test', 'backends/conformance-wasm.test', 'compile-step/models.test', 'core/core.test', 'src/main/cli.test', 'core/resume.test', 'cli/trained.test', 'renderer/app.test'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => (longest.findIndex((name) => moduleId.includes(name)) + longest.length + 1) % (longest.length + 1);
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

// What hangs ends; a machine with other work on it is not what is tested.
const node = { environment: 'node', testTimeout: 180_000, hookTimeout: 180_000 } as const;

export default defineConfig({
  test: {
    // Vitest would leave one of two cores free.
    maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
    sequence: { sequencer: LongestFirst },
    projects: [
      // In the renderer a test whose name ends in tsx has a page.
      { test: { ...node, name: 'plain', include: ['src/{contract,renderer}/**/*.test.ts'] } },
      // Mathematics and engine run on real TensorFlow unless ELBO_BACKEND says wasm.
      { test: { ...node, name: 'ml', include: ['src/ml/**/*.test.ts', 'src/main/engine/**/*.test.ts', 'bench/**/*.test.ts'], setupFiles: ['src/main/engine/backends/test-setup.ts'], pool: 'forks' } },
      { test: { ...node, name: 'main', include: ['src/main/**/*.test.ts', 'scripts/**/*.test.ts'], exclude: ['src/main/engine/**'], pool: 'forks' } },
      { test: { name: 'renderer', environment: 'jsdom', include: ['src/renderer/**/*.test.tsx'], setupFiles: ['src/renderer/test-setup.ts'] } },
    ],
  },
});
