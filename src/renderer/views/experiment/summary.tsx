import { Check, Clock, Copy } from 'lucide-react';
import { protocolOf, type Experiment } from '../../../contract/experiment';
import type { DatasetInfo } from '../../../contract/datasets';
import type { ElboError } from '../../../contract/errors';
import type { ModelInfo } from '../../../contract/models';
import { useQuery, useRunsState } from '../../client/hooks';
import { Button, ErrorState, IconButton, TextField } from '../../design';
import { formatCount } from '../../format';
import { copyText } from '../../state/clipboard';
import { edit, fileOf, suggestedName } from './draft';

interface SummaryProps {
  draft: Experiment;
  seeds: readonly number[];
  model: ModelInfo | undefined;
  data: DatasetInfo | undefined;
  refusal: ElboError | null;
  nameError: string | undefined;
  /** Why it cannot be started. */
  blocked: string | undefined;
  starting: boolean;
  /** The recipe whose checks will be evaluated at the end. */
  checks: number;
  onStart: () => void;
}

/** What would be started: in words, as a file, and as a command. */
export function Summary({ draft, seeds, model, data, refusal, nameError, blocked, starting, checks, onStart }: SummaryProps) {
  const { data: info } = useQuery('system.info', {});
  const ahead = useRunsState((state) => state.runs?.filter((run) => run.status === 'queued').length ?? 0);
  const busy = useRunsState((state) => state.runs?.filter((run) => run.status === 'running' || run.status === 'starting' || run.status === 'paused').length ?? 0);
  const file = fileOf(draft);
  const train = `npx elbo train ${draft.name ?? suggestedName(draft)}.json`;
  const command = seeds.length > 1 ? `for seed in ${seeds.join(' ')}; do ${train} --seed $seed --name "${draft.name ?? suggestedName(draft)}, seed $seed"; done` : train;
  const perEpoch = data ? Math.floor(data.counts.train / draft.training.batch) : 0;
  const fitted = model?.trainedBy === 'fit';
  const waits = info && busy >= info.slots;
  return (
    <aside className="summary" aria-label="Summary">
      <div className="summary-scroll">
        <div className="card summary-card">
          <b className="big tabular">{seeds.length > 1 && `${seeds.length} ${fitted ? 'fits' : 'runs of '}`}
            {fitted ? seeds.length === 1 && 'One fit' : `${formatCount(draft.training.steps)} steps`}</b>
          <span className="mid">{fitted ? 'over the whole training set, by its own procedure' : perEpoch > 0 ? `${formatCount(Math.round((draft.training.steps / perEpoch) * 10) / 10)} epochs of ${formatCount(perEpoch)} steps` : 'The batch is larger than the training split'}</span>
          <dl>
            <dt>Model</dt>
            <dd>{model?.title ?? draft.model}</dd>
            <dt>Data</dt>
            <dd>{data?.title ?? draft.data}</dd>
            <dt>Protocol</dt>
            <dd>{data?.binary ? 'as stored, binary' : protocolOf(draft.binarisation, data ?? null)}</dd>
            <dt>{seeds.length > 1 ? 'Seeds' : 'Seed'}</dt>
            <dd className="tabular">{seeds.join(', ')}</dd>
          </dl>
          {!blocked && (
            <p className="when">
              {waits ? <Clock size={13} aria-hidden /> : <Check size={13} aria-hidden />}
              {waits ? (ahead > 0 ? `Starts after ${ahead} queued ${ahead === 1 ? 'run' : 'runs'}` : 'Starts when the run that trains now is over') : 'Starts at once'}
            </p>
          )}
          {checks > 0 && (
            <p className="when">
              <Check size={13} aria-hidden />
              Still the recipe: its {checks === 1 ? 'check is' : `${checks} checks are`} evaluated at the end
            </p>
          )}
        </div>
        <div>
          <div className="file-head">
            <span className="mid">Experiment file</span>
            <span className="spacer" />
            <Button variant="quiet" size="small" aria-label="Copy the experiment file" icon={<Copy size={12} aria-hidden />} onPress={() => void copyText(file, 'Experiment file')}>
              Copy
            </Button>
          </div>
          <pre className="mono" aria-label="Experiment file" tabIndex={0}>
            {file}
          </pre>
          <div className="command">
            <code className="mono truncate">{command}</code>
            <IconButton label="Copy the command" size="small" icon={<Copy size={12} aria-hidden />} onPress={() => void copyText(command, 'Command')} />
          </div>
        </div>
      </div>
      <div className="summary-foot">
        {refusal && <ErrorState error={refusal} />}
        <TextField label="Name" value={draft.name ?? ''} placeholder={suggestedName(draft)} onChange={(name) => edit({ name }, 'name')} error={nameError} />
        {blocked && !refusal && <p className="field-error">{blocked}</p>}
        <Button variant="primary" size="big" shortcut="Ctrl ↵" aria-label="Start training" isDisabled={starting || blocked !== undefined} onPress={onStart}>
          Start training
        </Button>
      </div>
    </aside>
  );
}
