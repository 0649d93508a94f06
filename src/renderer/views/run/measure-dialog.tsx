import { useState } from 'react';
import type { Evaluation, RunDetail } from '../../../contract/runs';
import { errorFrom, type ElboError } from '../../../contract/errors';
import { measurementInWords } from '../../../contract/recipes';
import { useClient, useProgress } from '../../client/hooks';
import { Button, Dialog, ErrorState, toastError } from '../../design';
import { formatCount } from '../../format';
import { evaluationBadge, evaluationText } from '../../panels/evaluation';
import { termTitle } from '../../panels/terms';
import { measurementsFor, type Offered } from './measurements-for';

/** Measures a run's newest checkpoint, one measurement at a time; what comes out is kept with the run. Closing the dialog does not break it off. */
export function MeasureDialog({ run, isOpen, onClose, onMeasured }: { run: RunDetail; isOpen: boolean; onClose: () => void; onMeasured: () => void }) {
  const client = useClient();
  const progress = useProgress(`measure ${run.id}`);
  const [going, setGoing] = useState<Offered | null>(null);
  const [error, setError] = useState<ElboError | null>(null);
  const [found, setFound] = useState<readonly Evaluation[]>([]);
  const offered = measurementsFor(run);

  const measure = async (chosen: Offered): Promise<void> => {
    setGoing(chosen);
    setError(null);
    setFound([]);
    try {
      setFound(await client.call('runs.measure', { id: run.id, measurement: chosen.measurement }));
      onMeasured();
    } catch (thrown) {
      const why = errorFrom(thrown);
      if (why.code !== 'cancelled') setError(why);
    }
    setGoing(null);
  };
  const cancel = (): void => void client.call('runs.cancelMeasure', { id: run.id }).catch(toastError);

  return (
    <Dialog title={`Measure ${run.name}`} isOpen={isOpen} onClose={onClose} size="large">
      <p className="faint">
        Of the checkpoint of step {formatCount(run.checkpointStep)}, by an engine of its own; what comes out is kept with the run and stands in its model card.
      </p>
      {going && (
        <div className="measuring" role="status">
          <span>
            Measuring: <b>{going.title}</b>
          </span>
          <span className="measuring-bar" role="progressbar" aria-label={`Measuring ${going.title}`} aria-valuemin={0} aria-valuemax={progress?.total ?? 1} aria-valuenow={progress?.done ?? 0}>
            <i style={{ width: `${(100 * (progress?.done ?? 0)) / (progress?.total || 1)}%` }} />
          </span>
          <Button size="small" onPress={cancel}>
            Cancel
          </Button>
        </div>
      )}
      {error && <ErrorState error={error} />}
      {found.length > 0 && (
        <div className="measured" role="status">
          {found.map((evaluation) => {
            const { value, error: deviation, unit } = evaluationText(evaluation);
            return (
              <p key={`${evaluation.metric} ${evaluationBadge(evaluation)}`} title={evaluationBadge(evaluation)}>
                {termTitle(evaluation.metric)}{' '}
                <b className="strong tabular">
                  {value}
                  {deviation && ` ± ${deviation}`} {unit}
                </b>{' '}
                <small className="faint">{evaluation.estimator}</small>
              </p>
            );
          })}
        </div>
      )}
      <ul className="measurements">
        {offered.map((each) => (
          <li key={each.title}>
            <span>
              {each.title}
              <small className="faint" title={measurementInWords(each.measurement)}>
                {each.gives}
              </small>
            </span>
            <Button size="small" aria-label={`Measure: ${each.title}`} isDisabled={going !== null} onPress={() => void measure(each)}>
              Measure
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
