import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { CoreEvent } from '../../contract/api';
import type { DatasetInfo, DatasetPage, ImportPreview, ImportRequest, Split } from '../../contract/datasets';
import { refuse } from '../../contract/errors';
import { findGenerated, generatedSets } from '../../ml/data/generated';
import { installBuiltIns } from '../formats/built-in';
import { listDatasets, pageOf, readPage, removeDataset } from '../formats/dataset-folder';
import { previewImport, runImport } from '../formats/import';

/** The data sets of a store, one folder each, and those that are computed: their folders are made by the engine that first needs them. */
export class Datasets {
  private readonly parent: string;
  private readonly imports = new Map<string, AbortController>();
  private readonly closing = new AbortController();
  private seen: number;

  constructor(
    home: string,
    private readonly publish: (event: CoreEvent) => void,
  ) {
    this.parent = join(home, 'datasets');
    this.seen = this.changedAt();
  }

  async install(resources: string): Promise<void> {
    await installBuiltIns(join(resources, 'datasets'), this.parent);
    this.seen = this.changedAt();
  }

  list(): DatasetInfo[] {
    const stored = listDatasets(this.parent).filter(({ id, builtIn }) => !(builtIn && findGenerated(id)));
    const computed = generatedSets.map(({ info }) => info).filter(({ id }) => !stored.some((set) => set.id === id));
    return [...stored, ...computed].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  find(id: string): DatasetInfo | undefined {
    return this.list().find((dataset) => dataset.id === id);
  }

  /** @throws Refusal `not-found`, with the ids there are */
  get(id: string): DatasetInfo {
    return this.find(id) ?? refuse('not-found', `There is no data set "${id}".`, { where: 'data', repair: `Import it, or choose one of ${this.list().map((dataset) => dataset.id).join(', ')}.` });
  }

  folder(id: string): string {
    return join(this.parent, id);
  }

  page({ id, split, offset, count }: { id: string; split: Split; offset: number; count: number }): DatasetPage {
    const info = this.get(id);
    const generated = info.builtIn ? findGenerated(id) : undefined;
    if (!generated) return readPage(this.folder(id), info, split, offset, count);
    const first = Math.min(offset, info.counts[split]);
    return pageOf(info, generated.rows(split, first, Math.min(count, info.counts[split] - first)));
  }

  preview(request: ImportRequest): Promise<ImportPreview> {
    return previewImport(request, this.closing.signal);
  }

  async import(request: ImportRequest): Promise<DatasetInfo> {
    const onProgress = (done: number, total: number): void => this.publish({ type: 'progress', what: `import ${request.id}`, done, total });
    if (findGenerated(request.id)) refuse('conflict', `The data set ${request.id} comes with Elbo.`, { where: 'id', repair: 'Choose another id.' });
    if (this.imports.has(request.id)) refuse('conflict', `"${request.id}" is being imported.`, { where: 'id', repair: 'Wait for it, or cancel it first.' });
    const cancelling = new AbortController();
    this.imports.set(request.id, cancelling);
    try {
      return await runImport(request, this.parent, onProgress, AbortSignal.any([cancelling.signal, this.closing.signal]));
    } finally {
      this.imports.delete(request.id);
      this.changed();
    }
  }

  /** @throws Refusal `not-found` when no import of that id is under way */
  cancelImport(id: string): null {
    const cancelling = this.imports.get(id) ?? refuse('not-found', `No import of "${id}" is under way.`, { where: 'id' });
    cancelling.abort();
    return null;
  }

  /** @param users names of the active runs that train on it */
  async remove(id: string, users: string[]): Promise<null> {
    const { builtIn } = this.get(id);
    if (users.length > 0) refuse('conflict', `"${id}" is in use by ${users.join(', ')}.`, { where: 'id', repair: 'Stop these runs first.' });
    if (builtIn) refuse('conflict', `The data set ${id} comes with Elbo and stays.`, { where: 'id' });
    await removeDataset(this.parent, id);
    this.changed();
    return null;
  }

  noticeOthers(): void {
    if (this.changedAt() !== this.seen) this.changed();
  }

  /** Cancels imports that are under way. */
  close(): void {
    this.closing.abort();
  }

  private changed(): void {
    this.seen = this.changedAt();
    this.publish({ type: 'datasets' });
  }

  private changedAt(): number {
    return statSync(this.parent, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }
}
