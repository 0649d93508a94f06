import type { ModelDefinition } from '../../model';
import { distilledFlow } from './distilled';
import { energyFlow } from './energy-flow';
import { ffjord } from './ffjord';
import { gaussianizationFlow } from './gaussianization';
import { glow } from './glow';
import { iafFlow } from './iaf';
import { maf } from './maf';
import { mintnet } from './mintnet';
import { nice } from './nice';
import { planarFlow } from './planar';
import { probabilityFlow } from './probability-flow';
import { radialFlow } from './radial';
import { rbig } from './rbig';
import { realnvp } from './realnvp';
import { realnvpMultiScale } from './realnvp-multi-scale';
import { rectangularFlow } from './rectangular';
import { splineFlow } from './spline';

/** The flows, in the order in which lists show them. */
export const flows: readonly ModelDefinition[] = [
  planarFlow, radialFlow, energyFlow, nice, realnvp, realnvpMultiScale, glow, maf, iafFlow, distilledFlow, splineFlow, mintnet,
  gaussianizationFlow, rbig, ffjord, probabilityFlow, rectangularFlow,
];
