import { refuse } from '../../contract/errors';

export const cancelled = (): never => refuse('cancelled', 'The import was cancelled. Nothing was kept.');
