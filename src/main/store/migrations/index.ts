import { runsAndMetrics } from './001-runs-and-metrics';
import { executions } from './002-executions';
import { fullSize } from './003-full-size';

/** In order; the n-th (from 1) brings a store to version n. One that has been released is never changed. */
export const migrations: readonly string[] = [runsAndMetrics, executions, fullSize];
