import './design/fonts.css';
import './design/tokens.css';
import './design/base.css';
import './design/components.css';
import './frame/frame.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { connect, type Client } from './client/client';
import { ClientProvider } from './client/hooks';

/** While developing, `?fake` shows the window without a core; `?fake=empty` a store without runs, `?fake=2000` a full one. */
async function chooseClient(): Promise<Client> {
  const fake = import.meta.env.DEV ? new URLSearchParams(location.search).get('fake') : null;
  if (fake === null) return connect();
  const { fakeClient, fakeRuns } = await import('./client/fake');
  return fakeClient({ runs: fakeRuns(fake === 'empty' ? 0 : Number(fake) || 40, Date.now()), delayMs: 30, live: true });
}

function show(client: Client): void {
  const root = document.getElementById('root');
  if (!root) throw new Error('index.html has no root.');
  createRoot(root).render(
    <StrictMode>
      <ClientProvider value={client}>
        <App />
      </ClientProvider>
    </StrictMode>,
  );
}

// The port of the core is posted once the page has loaded: listen before anything waits.
if (import.meta.env.DEV) void chooseClient().then(show);
else show(connect());
