import { withMinus } from '../format';

export { termTitle } from '../../contract/terms';

/** A latent coordinate: `−0.41`. */
export const formatCode = (value: number): string => withMinus(value.toFixed(2));

/** Levels are counted from the top; `z1` names a dimension. */
export const levelName = (level: number): string => `level ${level + 1}`;
