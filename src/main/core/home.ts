import { resolve } from 'node:path';
import envPaths from 'env-paths';

/** Where runs and data sets are kept: `ELBO_HOME`, else the system's folder for an application's data. */
export const defaultHome = (): string => resolve(process.env['ELBO_HOME'] || envPaths('elbo', { suffix: '' }).data);
