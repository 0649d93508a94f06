import type { ProbeAnswers } from '../../../contract/probes';

const tolerance = 5e-3;
const errors = 4;

/** Why a density cannot be one, a sentence for each reason: then it is a bug and no good model. */
export function doubts({ integral, inside, gap }: Pick<ProbeAnswers['density'], 'integral' | 'inside' | 'gap'>): string[] {
  const sentences: string[] = [];
  if (gap && gap.nats < -errors * gap.standardError)
    sentences.push(`The gap is ${(-gap.nats / gap.standardError).toFixed(0)} standard errors below nought. No density is closer to the data than their own: this log p(x) is wrong, not good.`);
  if (integral === null) return sentences;
  const cause = 'log p(x) is wrong, or too sharp for these cells: the measurement of the density takes finer ones.';
  if (!(integral <= 1 + tolerance)) sentences.push(`∫ p = ${integral.toFixed(3)}, and no probability is more than 1: ${cause}`);
  else if (integral < 1 - tolerance && !inside) sentences.push(`∫ p = ${integral.toFixed(3)}: mass lies outside of the box, or log p(x) is wrong.`);
  else if (inside && Math.abs(inside.share - integral) > tolerance + errors * Math.sqrt((inside.share * (1 - inside.share)) / inside.samples))
    sentences.push(`∫ p = ${integral.toFixed(3)} over the box, in which ${(100 * inside.share).toFixed(1)} % of the model’s own samples lie: ${cause}`);
  return sentences;
}
