import type { ModelDefinition } from '../../model';
import { gaussianizationFlow } from './gaussianization';
import { iafFlow } from './iaf';
import { maf } from './maf';
import { nice } from './nice';
import { planarFlow } from './planar';
import { radialFlow } from './radial';
import { realnvp } from './realnvp';
import { splineFlow } from './spline';

/** The flows, in the order in which lists show them. */
export const flows: readonly ModelDefinition[] = [planarFlow, radialFlow, nice, realnvp, maf, iafFlow, splineFlow, gaussianizationFlow];
