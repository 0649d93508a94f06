import { useState } from 'react';
import { Check, X } from 'lucide-react';
import { protocolOf, type Training } from '../../../contract/experiment';
import { inForce } from '../../../contract/settings';
import { activeStatuses, type RunDetail } from '../../../contract/runs';
import { useClient, useQuery } from '../../client/hooks';
import { Badge, Button, Formula, toastError } from '../../design';
import { formatCount } from '../../format';
import { href } from '../../state/route';
import { evaluationBadge, evaluationText } from '../evaluation';
import { Frame } from '../frame';
import { definePanel } from '../panel';
import { useScopeRun } from '../run-scope';
import { termTitle } from '../terms';

function ModelCard() {
  const run = useScopeRun();
  const { experiment, dataset, compute } = run;
  const models = useQuery('models.list', {}).data;
  const model = models?.find((info) => info.id === experiment.model);
  const settings = inForce(model?.settings ?? [], experiment.settings).map((field) => [field.title, experiment.settings[field.key] ?? field.default, field.unit] as const);
  const trained = model?.trainedBy !== 'fit';
  return (
    <Frame>
      <div className="run-card">
        {run.evaluations.length > 0 && (
          <section>
            <h3>Evaluated at step {formatCount(run.evaluations[0]?.step ?? run.step)}</h3>
            {run.evaluations.map((evaluation) => {
              const { value, error, unit } = evaluationText(evaluation);
              return (
                <div key={`${evaluation.metric} ${evaluationBadge(evaluation)}`} className="evaluation">
                  <div>
                    <span>{termTitle(evaluation.metric)}</span>
                    <span className="tabular">
                      <b className="strong">{value}</b>
                      {error && <span className="faint"> ± {error}</span>} {unit && <span className="unit">{unit}</span>}
                    </span>
                  </div>
                  <small className="faint">{evaluationBadge(evaluation)}</small>
                </div>
              );
            })}
          </section>
        )}
        {run.checks.length > 0 && (
          <section>
            <h3>Checks of the recipe</h3>
            {run.checks.map((check) => (
              <div key={check.id} className="check-result">
                <Badge tone={check.passed ? 'ok' : 'bad'}>
                  {check.passed ? <Check aria-hidden size={10} /> : <X aria-hidden size={10} />}
                  {check.passed ? 'passed' : 'failed'}
                </Badge>
                <span>
                  {check.title}
                  <small className="faint">
                    {check.evidence}; wanted {check.threshold}
                  </small>
                </span>
              </div>
            ))}
          </section>
        )}
        <dl>
          <Row name="Model">{model ? <a href={href({ view: 'models', id: model.id })}>{model.title}</a> : experiment.model}</Row>
          {model && (
            <Row name="Objective">
              <Formula formulas={model.page.formulas.slice(0, 1)} plain={model.objective} />
            </Row>
          )}
          {run.parameterCount !== null && <Row name="Parameters">{formatCount(run.parameterCount)}</Row>}
          {settings.map(([title, value, unit]) => (
            <Row key={title} name={title}>
              {Array.isArray(value) ? value.join(', ') : typeof value === 'boolean' ? (value ? 'yes' : 'no') : value} {unit && <span className="unit">{unit}</span>}
            </Row>
          ))}
          <Row name="Data">{dataset?.title ?? experiment.data}</Row>
          {dataset && (
            <Row name="Split">
              {(['train', 'valid', 'test'] as const)
                .filter((split) => dataset.counts[split] > 0)
                .map((split) => `${split} ${formatCount(dataset.counts[split])}`)
                .join(' · ')}
            </Row>
          )}
          <Row name="Protocol">{protocolOf(experiment.binarisation, dataset)}</Row>
          {trained && (
            <Row name="Optimiser">
              {optimiserOf(experiment.training)}
            </Row>
          )}
          <Row name="Seed">{experiment.seed}</Row>
          {compute && (
            <Row name="Computed on">
              {compute.device} · {compute.library}
            </Row>
          )}
          {canBeTimed(run) && (
            <Row name="Timing">
              <Timing run={run} />
            </Row>
          )}
          <Row name="Checkpoint">{run.checkpointStep > 0 ? `step ${formatCount(run.checkpointStep)}` : 'none yet'}</Row>
          {model && <Row name="Source">{model.source}</Row>}
        </dl>
      </div>
    </Frame>
  );
}

const canBeTimed = ({ abilities }: RunDetail): boolean => (['sample', 'logProb', 'elbo'] as const).some((ability) => abilities.includes(ability));

const timedAtOnce = 100;

/** What samples and densities take, measured; of a run that rests and was not timed, how to do it. */
function Timing({ run }: { run: RunDetail }) {
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const times = run.evaluations.filter(({ unit, metric }) => unit === 'ms' && metric in timed);
  const measure = async (): Promise<void> => {
    setBusy(true);
    await client.call('runs.measure', { id: run.id, measurement: { measure: 'timing', limit: timedAtOnce } }).catch(toastError);
    setBusy(false);
  };
  if (times.length > 0)
    return times.map((evaluation) => (
      <span key={`${evaluation.metric} ${evaluation.n}`} className="timing" title={evaluation.estimator}>
        {formatCount(evaluation.n)} {timed[evaluation.metric]} in {evaluationText(evaluation).value} ms
      </span>
    ));
  if (activeStatuses.includes(run.status) || run.checkpointStep === 0) return <span className="faint">not measured</span>;
  return (
    <Button size="small" isDisabled={busy} onPress={() => void measure()}>
      {busy ? 'Measuring …' : 'Measure'}
    </Button>
  );
}

const timed: Record<string, string> = { sampleMilliseconds: 'samples', scoreMilliseconds: 'densities or bounds' };

const Row = ({ name, children }: { name: string; children: React.ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

export const modelCard = definePanel({
  id: 'model-card',
  title: 'Model card',
  needs: [],
  help: {
    shows: 'What the run is: its model and settings, its data and protocol, what computed it, how long samples and densities take where that was measured ("Measure…" in the menu of the run measures all else), and once it is done what it was measured to be, with the estimator, the split, the protocol and the number of examples of each number.',
    formula: 'mean ± standard error over the n examples',
    read: 'Two numbers compare only where estimator, K, split and protocol are the same. A bound on log p(x) is not log p(x).',
    source: 'The source of the model stands in the card.',
  },
  component: ModelCard,
});

const optimiserOf = ({ learningRate, schedule, warmUp, clipNorm, skipNorm, weightDecay, averaging, keepBest, patience, batch }: Training): string =>
  [
    `Adam ${learningRate}`,
    schedule !== 'constant' && `${schedule} to nearly 0`,
    warmUp > 0 && `warm-up ${formatCount(warmUp)} steps`,
    clipNorm > 0 && `gradient clipped to ${clipNorm}`,
    skipNorm > 0 && `skipped above ${skipNorm}`,
    weightDecay > 0 && `L2 weight decay ${weightDecay}`,
    averaging > 0 && `parameters averaged, ${averaging}`,
    keepBest && `the best by validation kept${patience > 0 ? `, patience ${formatCount(patience)}` : ''}`,
    `batch ${formatCount(batch)}`,
  ]
    .filter(Boolean)
    .join(', ');
