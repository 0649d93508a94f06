import { convVae } from './conv-vae';
import { ffjord } from './ffjord';
import { gatedPixelCnn } from './gated-pixelcnn';
import { glow } from './glow';
import { hierarchicalVae } from './hierarchical-vae';
import { made } from './made';
import { iwae, mlpVae } from './mlp-vae';
import { realNvp } from './real-nvp';
import type { Workload } from './workload';

/** By id; each for a batch of the given size, or the one that is timed. */
export const workloads: Record<string, (batch?: number) => Workload> = { W1: mlpVae, W2: convVae, W3: iwae, W4: made, W5: realNvp, W6: glow, W7: gatedPixelCnn, W8: ffjord, W9: hierarchicalVae };
