import { Copy, FileDown } from 'lucide-react';
import { protocolOf, trainingSchema } from '../../../contract/experiment';
import type { RunDetail } from '../../../contract/runs';
import { useQuery } from '../../client/hooks';
import { Button, toast } from '../../design';
import { fileName, saveFile } from '../../plots/save';
import { commandLine } from './command-line';

/** Every setting of the run, the file that holds them, and the command that repeats it. */
export function RunSettings({ run }: { run: RunDetail }) {
  const { experiment } = run;
  const models = useQuery('models.list', {}).data;
  const model = models?.find((info) => info.id === experiment.model);
  const json = JSON.stringify(experiment, null, 2);
  const command = commandLine(experiment);
  const training = Object.entries(trainingSchema.shape).map(([key, field]) => {
    const meta = field.meta() as { title?: string; unit?: string; help?: string } | undefined;
    return { name: meta?.title ?? key, value: experiment.training[key as keyof typeof experiment.training], unit: meta?.unit ?? '', help: meta?.help ?? '' };
  });
  const settings = Object.entries(experiment.settings).map(([key, value]) => {
    const field = model?.settings.find((candidate) => candidate.key === key);
    return { name: field?.title ?? key, value: Array.isArray(value) ? value.join(', ') : String(value), unit: field?.unit ?? '', help: field?.help ?? '' };
  });
  const general = [
    { name: 'Model', value: model?.title ?? experiment.model, unit: '', help: model?.summary ?? '' },
    { name: 'Data', value: run.dataset?.title ?? experiment.data, unit: '', help: run.dataset?.protocol ?? '' },
    { name: 'Protocol', value: protocolOf(experiment.binarisation, run.dataset), unit: '', help: 'How grey values become what the model sees. Likelihoods under different protocols never compare.' },
    { name: 'Seed', value: experiment.seed, unit: '', help: 'Of the parameters, the noise and the order of the data.' },
  ];
  return (
    <div className="page">
      <section className="run-settings">
        <div>
          <h2>Settings</h2>
          <div className="card">
            <table className="table">
              <tbody>
                {[...general, ...settings, ...training].map(({ name, value, unit, help }) => (
                  <tr key={name}>
                    <td>{name}</td>
                    <td className="number">
                      {typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 10 }) : value} {unit && <span className="unit">{unit}</span>}
                    </td>
                    <td className="faint">{help}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </div>
        <div>
          <Code title="Experiment" text={json}>
            <Button size="small" icon={<FileDown aria-hidden size={12} />} onPress={() => saveFile(fileName(run.name, 'experiment', 'json'), new Blob([`${json}\n`], { type: 'application/json' }))}>
              Save as a file
            </Button>
          </Code>
          <Code title="On the command line" text={command} />
          <p className="faint small">
            <span className="mono">npx elbo train FILE</span> takes the file; the command above says the same without one.
          </p>
        </div>
      </section>
    </div>
  );
}

const Code = ({ title, text, children }: { title: string; text: string; children?: React.ReactNode }) => (
  <>
    <h2>
      {title}
      <span className="spacer" />
      {children}
      <Button
        size="small"
        icon={<Copy aria-hidden size={12} />}
        onPress={() => void navigator.clipboard.writeText(text).then(() => toast('Copied', title))}
      >
        Copy
      </Button>
    </h2>
    <pre className="card code" tabIndex={0} aria-label={title}>
      {text}
    </pre>
  </>
);
