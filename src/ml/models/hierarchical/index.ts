import type { ModelDefinition } from '../../model';
import { ladder } from './ladder';
import { twoLayer } from './two-layer';

export const hierarchies: readonly ModelDefinition[] = [twoLayer, ladder];
