import type { ModelDefinition } from '../../model';
import { ladder } from './ladder';
import { residualHierarchy } from './residual';
import { twoLayer } from './two-layer';
import { veryDeep } from './very-deep';

export const hierarchies: readonly ModelDefinition[] = [twoLayer, ladder, residualHierarchy, veryDeep];
