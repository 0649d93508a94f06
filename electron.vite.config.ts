import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const file = (path: string) => resolve(import.meta.dirname, path);

// CommonJS for main and preload, chrome108 for the page: the oldest Electron that the tests run in (docs/decisions/).
export default defineConfig({
  main: {
    build: {
      target: 'node16',
      sourcemap: true,
      rollupOptions: {
        input: {
          index: file('src/main/index.ts'),
          core: file('src/main/core-process.ts'),
          engine: file('src/main/engine/entry.ts'),
          cli: file('src/main/cli.ts'),
          bench: file('bench/ours.ts'),
        },
        output: { format: 'cjs', entryFileNames: '[name].js' },
      },
    },
  },
  preload: { build: { target: 'node16', rollupOptions: { input: file('src/preload/index.ts'), output: { format: 'cjs', entryFileNames: '[name].js' } } } },
  renderer: {
    root: file('src/renderer'),
    // No file as a data: address, which the content security policy allows for pictures only.
    build: { target: 'chrome108', rollupOptions: { input: file('src/renderer/index.html') }, chunkSizeWarningLimit: 8000, assetsInlineLimit: 0, minify: true },
    plugins: [react()],
  },
});
