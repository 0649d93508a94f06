import { loadBackend } from './load';

await loadBackend('tensorflow');
