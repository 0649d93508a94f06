import { useEffect, useState } from 'react';
import type { Params } from '../../../contract/api';
import type { ImportPreview } from '../../../contract/datasets';
import { errorFrom, type ElboError } from '../../../contract/errors';
import { useClient } from '../../client/hooks';
import { Button, Dialog, ErrorState, Hairline, More, Segmented, TextField, toast, toastError } from '../../design';
import { readNumber } from '../../design/fields';
import { formatCount } from '../../format';
import { go } from '../../state/route';
import { countsInWords, shapeInWords } from './dataset-words';
import { PageGlance } from './thumbnails';

const blank = { path: '', labels: '', id: '', title: '', valid: '', test: '', height: '', width: '', grey: 'as stored', licence: '', source: '' };
type Form = typeof blank;

/** `/data/Fashion MNIST` → `fashion-mnist` */
export const idFromPath = (path: string): string =>
  (path.split(/[\\/]/).filter(Boolean).at(-1) ?? '')
    .toLowerCase()
    .replace(/\.(gz|idx\d?-ubyte|ubyte)/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);

function request(form: Form): Params<'datasets.import'> {
  const number = (text: string): number | undefined => (text.trim() ? readNumber(text) : undefined);
  const [valid, test, height, width] = [number(form.valid), number(form.test), number(form.height), number(form.width)];
  return {
    path: form.path.trim(),
    id: form.id.trim() || idFromPath(form.path),
    ...(form.title.trim() && { title: form.title.trim() }),
    ...(form.labels.trim() && { labels: form.labels.trim() }),
    ...((valid !== undefined || test !== undefined) && { holdOut: { valid: valid ?? 0, test: test ?? 0 } }),
    ...(height !== undefined && { height }),
    ...(width !== undefined && { width }),
    ...(form.grey === 'grey' && { grey: true }),
    ...(form.licence.trim() && { licence: form.licence.trim() }),
    ...(form.source.trim() && { source: form.source.trim() }),
  };
}

/** First a look at what an import would give, then the import itself. */
export function ImportDialog({ isOpen, onClose, taken }: { isOpen: boolean; onClose: () => void; taken: readonly string[] }) {
  const client = useClient();
  const [form, setForm] = useState(blank);
  const [preview, setPreview] = useState<ImportPreview>();
  const [error, setError] = useState<ElboError>();
  const [busy, setBusy] = useState<'looking' | 'importing' | null>(null);
  const [progress, setProgress] = useState<{ done: number; total: number }>();

  const id = form.id.trim() || idFromPath(form.path);
  const isTaken = id !== '' && taken.includes(id) && busy !== 'importing';
  const change = (part: Partial<Form>): void => {
    setForm({ ...form, ...part });
    setPreview(undefined);
    setError(undefined);
  };
  const field = (key: keyof Form) => ({ value: form[key], onChange: (value: string) => change({ [key]: value }) });

  useEffect(() => client.subscribe((event) => event.type === 'progress' && event.what.includes(id) && id !== '' && setProgress({ done: event.done, total: event.total })), [client, id]);

  const look = async (): Promise<void> => {
    if (!form.path.trim() || busy) return;
    setBusy('looking');
    setError(undefined);
    try {
      setPreview(await client.call('datasets.preview', request(form)));
    } catch (thrown) {
      setError(errorFrom(thrown));
    } finally {
      setBusy(null);
    }
  };
  const bring = async (): Promise<void> => {
    setBusy('importing');
    setProgress(undefined);
    setError(undefined);
    try {
      const info = await client.call('datasets.import', request(form));
      toast(`${info.title} imported`, countsInWords(info));
      setForm(blank);
      setPreview(undefined);
      onClose();
      go({ view: 'data', id: info.id });
    } catch (thrown) {
      const failure = errorFrom(thrown);
      if (failure.code === 'cancelled') toast('The import was cancelled', 'Nothing was kept.');
      else {
        setError(failure);
        toastError(thrown);
      }
    } finally {
      setBusy(null);
    }
  };

  return (
    <Dialog
      title="Import a data set"
      isOpen={isOpen}
      onClose={onClose}
      size="large"
      footer={
        <>
          {busy === 'importing' && (
            <span className="import-progress tabular">
              <Hairline label="Import" progress={progress ? progress.done / Math.max(1, progress.total) : 0} />
              {progress ? `${formatCount(progress.done)} of ${formatCount(progress.total)}` : 'Starting'}
            </span>
          )}
          <span className="spacer" />
          {busy === 'importing' && <Button onPress={() => void client.call('datasets.cancelImport', { id: request(form).id }).catch(toastError)}>Cancel the import</Button>}
          <Button onPress={onClose}>{busy === 'importing' ? 'Go on in the background' : 'Cancel'}</Button>
          {preview ? (
            <Button variant="primary" isDisabled={busy !== null || isTaken} onPress={() => void bring()}>
              Import {formatCount(preview.info.counts.train + preview.info.counts.valid + preview.info.counts.test)} examples
            </Button>
          ) : (
            <Button variant="primary" isDisabled={form.path.trim() === '' || busy !== null || isTaken} onPress={() => void look()}>
              {busy === 'looking' ? 'Looking' : 'Look at it'}
            </Button>
          )}
        </>
      }
    >
      <form
        className="import"
        onSubmit={(event) => {
          event.preventDefault();
          void look();
        }}
      >
        <TextField label="Folder or file" {...field('path')} placeholder="/home/ada/data/fashion-mnist" mono autoFocus help="On the machine where Elbo’s core runs. A folder may hold IDX or CIFAR-10 files by their usual names (gzip or not), or pictures, in a folder a class where there are classes; a file may be IDX, NPZ, NPY or a CSV table of numbers." />
        <div className="import-two">
          <TextField label="Name in experiment files" {...field('id')} placeholder={idFromPath(form.path) || 'fashion-mnist'} mono error={isTaken ? `There is a data set ${id} already. Choose another name, or remove it first.` : undefined} />
          <TextField label="Title" {...field('title')} placeholder="Fashion-MNIST" />
        </div>
        <More title="Split, size, labels, licence">
          <div className="import-two">
            <TextField label="Hold out for validation" {...field('valid')} unit="examples" placeholder="as the source has it" inputMode="numeric" />
            <TextField label="Hold out for test" {...field('test')} unit="examples" placeholder="as the source has it" inputMode="numeric" />
            <TextField label="Resize to height" {...field('height')} unit="pixels" placeholder="as they are" inputMode="numeric" />
            <TextField label="Resize to width" {...field('width')} unit="pixels" placeholder="as they are" inputMode="numeric" />
            <TextField label="Labels of an IDX file" {...field('labels')} placeholder="none" mono />
            <div className="text-field">
              <span className="field-label">Colour</span>
              <Segmented label="Colour" size="medium" value={form.grey} options={colours} onChange={(grey) => change({ grey })} />
            </div>
            <TextField label="Licence" {...field('licence')} placeholder="not stated" />
            <TextField label="Source" {...field('source')} placeholder="imported by hand" />
          </div>
        </More>
        {error && <ErrorState error={error} />}
        {preview && <Preview preview={preview} />}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

const colours = [
  { value: 'as stored', label: 'As stored' },
  { value: 'grey', label: 'Grey' },
] as const;

function Preview({ preview: { info, files, first } }: { preview: ImportPreview }) {
  const columns = first.kind === 'table' ? 1 : Math.min(first.pictures.count, Math.floor((20 * info.height) / info.width));
  return (
    <section className="preview" aria-label="Preview">
      <PageGlance page={first} title={info.title} columns={columns} gap={1} />
      <p>
        <b>{shapeInWords(info)}</b> · <span className="tabular">{countsInWords(info)}</span>
      </p>
      <p className="mid">{info.protocol}</p>
      <ul>
        {files.map((file) => (
          <li key={file.path}>
            <span>{file.role}</span>
            <span className="mono faint truncate" title={file.path}>
              {file.path}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
