import { ipcRenderer } from 'electron';

// The page gets a port to the core, another one whenever the core was started again, and is told when the core went away.
for (const type of ['elbo:port', 'elbo:port-lost']) {
  ipcRenderer.on(type, (event) => window.postMessage({ type }, location.origin, event.ports));
}
