import type { DatasetInfo, ImportPreview, ImportRequest } from '../../contract/datasets';

/** Reads and checks everything that an import would take, and writes nothing. @throws Refusal `bad-file`, `bad-request`, `not-found`, `cancelled` */
export async function previewImport(request: ImportRequest, signal?: AbortSignal): Promise<ImportPreview> {
  throw new Error(`not yet: ${request.id} ${signal?.aborted}`);
}

/**
 * Imports into `parent/<id>/`. Nothing is written before everything has been checked; a cancelled or failed import leaves nothing.
 * @throws Refusal as `previewImport`, and `conflict` when the id is taken
 */
export async function runImport(request: ImportRequest, parent: string, onProgress: (done: number, total: number) => void, signal: AbortSignal): Promise<DatasetInfo> {
  throw new Error(`not yet: ${request.id} ${parent} ${typeof onProgress} ${signal.aborted}`);
}
