import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { CoreEvent } from '../../contract/api';
import type { DatasetInfo, DatasetPage, FetchRequest, ImportPreview, ImportRequest, PublicSet, Split } from '../../contract/datasets';
import { refuse } from '../../contract/errors';
import { findGenerated, generatedSets } from '../../ml/data/generated';
import { installBuiltIns } from '../formats/built-in';
import { shownOrder } from '../../ml/data/shown-order';
import { listDatasets, pageOf, readPage, removeDataset } from '../formats/dataset-folder';
import { fetchSet } from '../formats/fetch';
import { previewImport, runImport } from '../formats/import';
import { publicSets } from '../formats/public-sets';

const publishEveryMs = 100;

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
    if (!generated) return readPage(this.folder(id), info, split, () => shownOrder(info, split).subarray(offset, offset + count));
    const first = Math.min(offset, info.counts[split]);
    return pageOf(info, generated.rows(split, first, Math.min(count, info.counts[split] - first)));
  }

  preview(request: ImportRequest): Promise<ImportPreview> {
    return previewImport(request, this.closing.signal);
  }

  async import(request: ImportRequest): Promise<DatasetInfo> {
    if (findGenerated(request.id)) refuse('conflict', `The data set ${request.id} comes with Elbo.`, { where: 'id', repair: 'Choose another id.' });
    return this.bring(request.id, 'import', (onProgress, signal) => runImport(request, this.parent, onProgress, signal));
  }

  /** The public sets that can be fetched. */
  sources(): PublicSet[] {
    return publicSets.map(({ id, title, licence, source, files, byHand }) => ({ id, title, licence, source, files, byHand }));
  }

  /** Fetches a public set and imports it; its progress is in bytes. @throws Refusal */
  async fetch(request: FetchRequest): Promise<DatasetInfo> {
    const set = publicSets.find(({ id }) => id === request.id) ?? refuse('not-found', `There is no public set "${request.id}".`, { where: 'id', repair: `Choose one of ${publicSets.map(({ id }) => id).join(', ')}.` });
    return this.bring(request.id, 'fetch', (onProgress, signal) => fetchSet(set, request, this.parent, onProgress, signal));
  }

  /** One at a time of each id; told how far it is at most ten times a second. */
  private async bring(id: string, verb: 'import' | 'fetch', work: (onProgress: (done: number, total: number) => void, signal: AbortSignal) => Promise<DatasetInfo>): Promise<DatasetInfo> {
    if (this.imports.has(id)) refuse('conflict', `"${id}" is being ${verb === 'import' ? 'imported' : 'fetched'}.`, { where: 'id', repair: 'Wait for it, or cancel it first.' });
    const cancelling = new AbortController();
    this.imports.set(id, cancelling);
    let told = -Infinity;
    const onProgress = (done: number, total: number): void => {
      if (performance.now() - told < publishEveryMs && done < total) return;
      told = performance.now();
      this.publish({ type: 'progress', what: `${verb} ${id}`, done, total });
    };
    try {
      return await work(onProgress, AbortSignal.any([cancelling.signal, this.closing.signal]));
    } finally {
      this.imports.delete(id);
      this.changed();
    }
  }

  /** Ends an import, or a fetch. @throws Refusal `not-found` when none of that id is under way */
  cancelImport(id: string): null {
    const cancelling = this.imports.get(id) ?? refuse('not-found', `Nothing of "${id}" is being imported or fetched.`, { where: 'id' });
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
