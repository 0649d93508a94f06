import { loadBackend } from './load';

await loadBackend(process.env.ELBO_BACKEND === 'wasm' ? 'wasm' : 'tensorflow');
