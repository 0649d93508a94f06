/**
 * Converts each data set of `resources/datasets` into a folder below `parent`, where it is missing or made from other sources.
 * Safe when two processes do it at once.
 */
export async function installBuiltIns(resources: string, parent: string): Promise<void> {
  throw new Error(`not yet: ${resources} ${parent}`);
}
