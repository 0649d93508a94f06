import './data.css';
import { useState } from 'react';
import { ChevronLeft, ChevronRight, Download, Images, Import, Plus, Trash2 } from 'lucide-react';
import { splits, type DatasetInfo, type Split } from '../../../contract/datasets';
import { useClient, useQuery, useRuns } from '../../client/hooks';
import { Badge, Button, Dialog, EmptyState, ErrorState, IconButton, LoadingState, Picture, Segmented, toast, toastError } from '../../design';
import { formatBytes, formatCount } from '../../format';
import { useKeys } from '../../state/keys';
import { go, href } from '../../state/route';
import { countsInWords, shapeInWords } from './dataset-words';
import { FetchList } from './fetch-list';
import { ImportDialog } from './import-dialog';
import { RowsView } from './rows-view';
import { Thumbnails } from './thumbnails';

/** What data is here, with how it came about; import of the user's own. */
export function DataView({ id }: { id?: string }) {
  const { data: datasets, error, refresh } = useQuery('datasets.list', {}, { refreshOn: (event) => event.type === 'datasets' });
  const [importing, setImporting] = useState(false);
  const open = datasets?.find((set) => set.id === id);
  return (
    <main className="stage">
      <header className="head">
        {open && <IconButton label="All data sets" icon={<ChevronLeft size={16} aria-hidden />} onPress={() => go({ view: 'data' })} />}
        <div>
          <h1>{open?.title ?? 'Data sets'}</h1>
          <div className="sub tabular">{open ? `${shapeInWords(open)} · ${countsInWords(open)}` : datasets ? `${datasets.length} here, ${formatBytes(datasets.reduce((sum, set) => sum + set.bytes, 0))}` : ' '}</div>
        </div>
        <span className="spacer" />
        {open && (
          <Button icon={<Plus size={14} aria-hidden />} onPress={() => go({ view: 'new', data: open.id })}>
            New experiment
          </Button>
        )}
        {!open && (
          <Button icon={<Download size={14} aria-hidden />} onPress={() => document.getElementById('fetch-title')?.scrollIntoView({ block: 'start' })}>
            Public sets
          </Button>
        )}
        <Button variant={open ? 'default' : 'primary'} icon={<Import size={14} aria-hidden />} onPress={() => setImporting(true)}>
          Import
        </Button>
      </header>
      {open ? (
        <Browser key={open.id} dataset={open} />
      ) : (
        <div className="page">
          {error && !datasets ? <ErrorState error={error} action={<Button onPress={refresh}>Ask again</Button>} /> : !datasets && <LoadingState title="Reading the data sets" />}
          {id && datasets && !open && <EmptyState title={`There is no data set ${id}`}>It may have been removed, or import goes on.</EmptyState>}
          {datasets?.map((set) => (
            <section key={set.id} aria-labelledby={`data-${set.id}`}>
              <DatasetCard dataset={set} />
            </section>
          ))}
          {datasets && !id && <FetchList there={datasets.map((set) => set.id)} />}
        </div>
      )}
      <ImportDialog isOpen={importing} onClose={() => setImporting(false)} taken={datasets?.map((set) => set.id) ?? []} />
    </main>
  );
}

function DatasetCard({ dataset }: { dataset: DatasetInfo }) {
  const client = useClient();
  const uses = useRuns()?.filter((run) => run.experiment.data === dataset.id).length ?? 0;
  const [removing, setRemoving] = useState(false);
  const remove = (): void => {
    setRemoving(false);
    client.call('datasets.remove', { id: dataset.id }).then(() => toast(`${dataset.title} removed`), toastError);
  };
  return (
    <div className="card dataset">
      <Thumbnails dataset={dataset} columns={Math.round((10 * dataset.height) / dataset.width)} rows={5} height={150} />
      <div className="dataset-body">
        <h2 id={`data-${dataset.id}`}>
          <a href={href({ view: 'data', id: dataset.id })}>{dataset.title}</a>
          <span className="mono faint">{dataset.id}</span>
          {dataset.builtIn && <Badge>comes with Elbo</Badge>}
        </h2>
        <p className="mid tabular">
          {shapeInWords(dataset)} · {countsInWords(dataset)} · {formatBytes(dataset.bytes)}
        </p>
        <dl>
          <dt>Protocol</dt>
          <dd>{dataset.protocol}</dd>
          <dt>Licence</dt>
          <dd>{dataset.licence}</dd>
          <dt>Source</dt>
          <dd>{dataset.source}</dd>
        </dl>
        <footer>
          <Button icon={<Plus size={14} aria-hidden />} aria-label={`New experiment with ${dataset.title}`} onPress={() => go({ view: 'new', data: dataset.id })}>
            New experiment
          </Button>
          <Button icon={<Images size={14} aria-hidden />} aria-label={`Look at ${dataset.title}`} onPress={() => go({ view: 'data', id: dataset.id })}>
            Look at it
          </Button>
          {!dataset.builtIn && (
            <Button variant="quiet" icon={<Trash2 size={14} aria-hidden />} aria-label={`Remove ${dataset.title}`} onPress={() => setRemoving(true)}>
              Remove
            </Button>
          )}
        </footer>
      </div>
      <Dialog
        title={`Remove ${dataset.title}?`}
        isOpen={removing}
        onClose={() => setRemoving(false)}
        size="small"
        footer={
          <>
            <Button onPress={() => setRemoving(false)}>Keep</Button>
            <Button variant="danger" onPress={remove}>
              Remove
            </Button>
          </>
        }
      >
        Elbo’s copy is deleted; the files it was imported from stay. {uses > 0 && `${formatCount(uses)} ${uses === 1 ? 'run uses' : 'runs use'} it and could not be resumed.`}
      </Dialog>
    </div>
  );
}

const columns = 24;
const rows = 12;
const pageSizes = { pictures: columns * rows, table: 1000 };

/** The examples of a data set, a page at a time. */
function Browser({ dataset }: { dataset: DatasetInfo }) {
  const there = splits.filter((split) => dataset.counts[split] > 0);
  const [split, setSplit] = useState<Split>(there[0] ?? 'train');
  const [offset, setOffset] = useState(0);
  const [hovered, setHovered] = useState<number | null>(null);
  const count = dataset.counts[split];
  const pageSize = pageSizes[dataset.kind];
  const { data: page, error } = useQuery('datasets.page', { id: dataset.id, split, offset, count: Math.min(pageSize, Math.max(1, count - offset)) });
  const back = (): void => setOffset(Math.max(0, offset - pageSize));
  const forward = (): void => setOffset(offset + pageSize < count ? offset + pageSize : offset);
  useKeys({ ',': back, '.': forward, ArrowLeft: back, ArrowRight: forward });
  const label = hovered !== null ? page?.labels?.[hovered] : undefined;
  return (
    <>
      <div className="toolbar">
        <Segmented
          label="Split"
          value={split}
          options={there.map((each) => ({ value: each, label: `${each} ${formatCount(dataset.counts[each])}` }))}
          onChange={(next) => {
            setSplit(next);
            setOffset(0);
          }}
        />
        <span className="spacer" />
        <span className="mid tabular">{hovered !== null && page?.kind === 'pictures' && hovered < page.pictures.count ? `${split} ${offset + hovered}${label !== undefined ? ` · ${dataset.classes?.[label] ?? label}` : ''}` : `${formatCount(offset)} to ${formatCount(Math.min(count, offset + pageSize) - 1)} of ${formatCount(count)}`}</span>
        <IconButton label="Previous page" shortcut="," size="small" isDisabled={offset === 0} icon={<ChevronLeft size={14} aria-hidden />} onPress={back} />
        <IconButton label="Next page" shortcut="." size="small" isDisabled={offset + pageSize >= count} icon={<ChevronRight size={14} aria-hidden />} onPress={forward} />
      </div>
      <div className="browser">
        {error && !page ? (
          <ErrorState error={error} />
        ) : (
          page && (page.kind === 'table' ? <RowsView rows={page.rows} labels={page.labels} classes={dataset.classes} first={offset} title={dataset.title} /> : <Picture pictures={page.pictures} label={`${split} pictures ${offset} to ${offset + page.pictures.count - 1} of ${dataset.title}`} columns={columns} rows={Math.ceil(page.pictures.count / columns)} gap={1} onHover={setHovered} />)
        )}
      </div>
    </>
  );
}
