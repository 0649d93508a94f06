import { defineConfig } from 'vitest/config';

const node = { environment: 'node', testTimeout: 60_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  test: {
    projects: [
      { test: { ...node, name: 'contract', include: ['src/contract/**/*.test.ts'] } },
      // Mathematics and engine run on real TensorFlow unless ELBO_BACKEND says wasm.
      { test: { ...node, name: 'ml', include: ['src/ml/**/*.test.ts', 'src/main/engine/**/*.test.ts', 'bench/**/*.test.ts'], setupFiles: ['src/main/engine/backends/test-setup.ts'], pool: 'forks', maxWorkers: 2 } },
      { test: { ...node, name: 'main', include: ['src/main/**/*.test.ts', 'scripts/**/*.test.ts'], exclude: ['src/main/engine/**'], pool: 'forks' } },
      { test: { name: 'renderer', environment: 'jsdom', include: ['src/renderer/**/*.test.{ts,tsx}'], setupFiles: ['src/renderer/test-setup.ts'] } },
    ],
  },
});
