import type { Variable } from '@tensorflow/tfjs-core';
import type { Training } from '../../contract/experiment';
import { bestOf, bestPrefix } from '../../ml/optimizers/state-names';
import { valuesOf, type State } from '../../ml/train-step';
import type { Checkpoint } from './checkpoint';

/** Early stopping: the values of variables at the evaluation with the smallest loss on the validation split, and whether it is time to stop looking for a smaller one. */
export class Selection {
  /** The evaluation with the smallest loss, the first of those that are equal. */
  best: Checkpoint['best'];
  /** Their values there, by the names that a checkpoint has for them. */
  state: State = {};

  /** @param variables the model's parameters and state @param checkpoint which the run goes on from */
  constructor(
    private readonly training: Pick<Training, 'evaluateEvery' | 'patience'>,
    private readonly variables: Record<string, Variable>,
    checkpoint: Checkpoint | null,
  ) {
    if (!checkpoint?.best) return;
    this.best = checkpoint.best;
    this.state = Object.fromEntries(Object.entries(checkpoint.state).filter(([name]) => name.startsWith(bestPrefix)));
  }

  /** Takes the variables as they are, if `loss` is the smallest yet. */
  consider(step: number, loss: number): void {
    if (this.best && !(loss < this.best.loss)) return;
    this.best = { step, loss };
    this.state = Object.fromEntries(Object.entries(valuesOf(this.variables)).map(([name, value]) => [bestOf(name), value]));
  }

  /** Whether `patience` evaluations up to `step` gave no smaller loss. A function of what a checkpoint has, so that a resumed run stops where it would have. */
  isOver(step: number): boolean {
    const { evaluateEvery, patience } = this.training;
    const evaluations = (until: number): number => Math.floor(until / evaluateEvery);
    return patience > 0 && this.best !== undefined && evaluations(step) - evaluations(this.best.step) >= patience;
  }
}
