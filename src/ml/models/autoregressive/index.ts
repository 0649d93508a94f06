import type { ModelDefinition } from '../../model';
import { fvsbn, made } from './made';
import { gatedPixelcnn, pixelcnn } from './pixelcnn';

export const autoregressiveModels: readonly ModelDefinition[] = [fvsbn, made, pixelcnn, gatedPixelcnn];
