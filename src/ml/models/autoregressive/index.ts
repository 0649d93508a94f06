import type { ModelDefinition } from '../../model';
import { fvsbn, made } from './made';
import { gatedPixelcnn, pixelcnn } from './pixelcnn';
import { pixelcnnPlusPlus } from './pixelcnn-pp';
import { pixelrnn } from './pixelrnn';

export const autoregressiveModels: readonly ModelDefinition[] = [fvsbn, made, pixelcnn, gatedPixelcnn, pixelcnnPlusPlus, pixelrnn];
