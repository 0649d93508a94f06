import tseslint from 'typescript-eslint';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import reactHooks from 'eslint-plugin-react-hooks';

// Who may import whom: docs/ARCHITECTURE.md, "Rooms". Each zone: files in `target` may not import files in `from`.
const only = (target, ...allowed) => ({
  target: `./src/${target}`,
  from: './src',
  except: [target, ...allowed].map((room) => `./${room}`),
  message: `${target} may import only ${[target, ...allowed].join(', ')} (docs/ARCHITECTURE.md, Rooms).`,
});

const zones = [
  only('contract'),
  only('ml', 'contract'),
  only('preload', 'contract'),
  only('renderer', 'contract'),
  only('main/store', 'main/formats', 'contract'),
  only('main/formats', 'contract'),
  only('main/grading', 'contract'),
  only('main/transport', 'contract'),
  only('main/shell', 'main/transport', 'contract'),
  only('main/engine', 'main/formats', 'ml', 'contract'),
  only('main/core', 'main/store', 'main/formats', 'main/grading', 'ml/models', 'ml/model.ts', 'ml/data', 'contract'),
];

const packages = (files, names, message) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group: names, message }] }] },
});
const tfjsNode = ['@tensorflow/tfjs-node*', '@tensorflow/tfjs-backend-*'];

export default tseslint.config(
  { ignores: ['out/', 'node_modules/', 'test-results/', 'playwright-report/'] },
  ...tseslint.configs.strict,
  {
    files: ['**/*.{ts,tsx}'],
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })] },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones, basePath: import.meta.dirname }],
      'import-x/no-cycle': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  // Only where there is React: these rules analyse every function they see, and take most of the time.
  { files: ['src/renderer/**/*.{ts,tsx}'], plugins: { 'react-hooks': reactHooks }, rules: reactHooks.configs.recommended.rules },
  packages(['src/**/*.{ts,tsx}'], tfjsNode, 'Only main/engine/backends loads a TensorFlow backend.'),
  packages(['src/ml/**/*.ts'], [...tfjsNode, 'better-sqlite3', 'electron', 'node:*', 'ws', 'react*'], 'ml knows tfjs-core, zod and contract only.'),
  packages(['src/renderer/**/*.{ts,tsx}'], ['@tensorflow/*', 'better-sqlite3', 'electron', 'node:*', 'ws'], 'renderer runs in a browser.'),
  packages(['src/main/{core,formats,grading,transport}/**/*.ts', 'src/main/shell/**/*.ts'], ['@tensorflow/*', 'better-sqlite3'], 'SQL lives in main/store, tensors in ml and main/engine.'),
  packages(['src/main/store/**/*.ts'], ['@tensorflow/*', 'electron'], 'main/store knows SQLite, formats and contract.'),
  { files: ['src/main/engine/backends/**/*.ts'], rules: { 'no-restricted-imports': 'off' } },
);
