import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TensorMetadata, TFJSBinding } from '../backends/tensorflow';
import { tensorflow } from '../backends/tensorflow';
import type { Graph } from './graph';
import { savedModel } from './protobuf';

/** A graph in a TensorFlow session of its own: the binding's way in is a SavedModel folder, needed only while it loads. */
export class LoadedGraph {
  private readonly binding: TFJSBinding = tensorflow().binding;
  private readonly id: number;

  /** @throws Error (TensorFlow's message) when the graph is not valid */
  constructor({ nodes, functions }: Graph) {
    const folder = mkdtempSync(join(tmpdir(), 'elbo-step-'));
    try {
      mkdirSync(join(folder, 'variables'));
      writeFileSync(join(folder, 'saved_model.pb'), savedModel(nodes, functions));
      this.id = this.binding.loadSavedModel(folder, 'serve');
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** One native call. @param feeds the binding's numbers of tensors, one for each name */
  run(names: string, feeds: readonly number[], outputs: string): TensorMetadata[] {
    return this.binding.runSavedModel(this.id, [...feeds], names, outputs);
  }

  dispose(): void {
    this.binding.deleteSavedModel(this.id);
  }
}
