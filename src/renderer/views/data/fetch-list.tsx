import { useState } from 'react';
import { Download } from 'lucide-react';
import type { PublicSet } from '../../../contract/datasets';
import { errorFrom, type ElboError } from '../../../contract/errors';
import { useClient, useProgress, useQuery } from '../../client/hooks';
import { Button, ErrorState, Hairline, toast, toastError } from '../../design';
import { formatBytes } from '../../format';
import { countsInWords } from './dataset-words';

/** The public sets that are not here yet, each with a button that fetches it. */
export function FetchList({ there }: { there: readonly string[] }) {
  const { data: sources } = useQuery('datasets.sources', {});
  const missing = sources?.filter(({ id }) => !there.includes(id)) ?? [];
  if (missing.length === 0) return null;
  return (
    <section aria-labelledby="fetch-title">
      <h2 id="fetch-title" className="fetch-title">
        Public sets <small className="faint">downloaded from their publishers, on request alone</small>
      </h2>
      <ul className="card fetch-list">
        {missing.map((source) => (
          <Source key={source.id} source={source} />
        ))}
      </ul>
    </section>
  );
}

function Source({ source: { id, title, licence, source, files, byHand } }: { source: PublicSet }) {
  const client = useClient();
  const progress = useProgress(`fetch ${id}`);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ElboError>();
  const size = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const bring = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const info = await client.call('datasets.fetch', { id });
      toast(`${info.title} fetched`, countsInWords(info));
    } catch (thrown) {
      const failure = errorFrom(thrown);
      if (failure.code === 'cancelled') toast('The download was cancelled', 'Nothing was kept.');
      else setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <li>
      <div>
        <b className="strong">{title}</b> <span className="mono faint">{id}</span>
        <p className="mid">
          {source}. Licence: {licence}.{byHand === null && files.some(({ sum }) => sum === null) && ' No sum of it is published: its own is written down, not checked.'}
        </p>
        {byHand !== null && (
          <p className="mid">
            {byHand} Then: <code className="mono">elbo data fetch {id} --from FOLDER</code>
          </p>
        )}
        {error && <ErrorState error={error} />}
        {busy && (
          <div className="tabular fetch-progress">
            <Hairline label={`Fetching ${title}`} progress={progress ? progress.done / Math.max(1, progress.total) : 0} />
            {!progress ? 'Asking' : progress.done < progress.total ? `${formatBytes(progress.done)} of ${formatBytes(progress.total)}` : 'Reading'}
          </div>
        )}
      </div>
      {byHand !== null ? (
        <span className="faint">by hand</span>
      ) : busy ? (
        <Button aria-label={`Cancel fetching ${title}`} onPress={() => void client.call('datasets.cancelImport', { id }).catch(toastError)}>
          Cancel
        </Button>
      ) : (
        <Button icon={<Download size={14} aria-hidden />} aria-label={`Fetch ${title}`} onPress={() => void bring()}>
          Fetch {formatBytes(size)}
        </Button>
      )}
    </li>
  );
}
