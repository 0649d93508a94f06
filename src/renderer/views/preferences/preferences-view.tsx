import './preferences.css';
import { Label, Radio, RadioGroup, Text } from 'react-aria-components';
import type { Preferences } from '../../../contract/system';
import { useClient, useQuery } from '../../client/hooks';
import { LoadingState } from '../../design';
import { setPreferences, usePreferences } from '../../state/theme';

const themes: [Preferences['theme'], string][] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];
const closings: [Preferences['onClose'], string][] = [
  ['ask', 'Ask each time'],
  ['keep-training', 'Keep training without a window'],
  ['stop-and-quit', 'Stop every run with a checkpoint, then quit'],
];

export function PreferencesView() {
  const client = useClient();
  const preferences = usePreferences();
  const { data: info } = useQuery('system.info', {});
  return (
    <main className="stage">
      <header className="head">
        <div>
          <h1>Preferences</h1>
          <div className="sub">{info ? `Elbo ${info.version} · kept in ${info.home}` : ' '}</div>
        </div>
      </header>
      <div className="page">
        {!preferences && <LoadingState title="Reading the preferences" />}
        {preferences && (
          <section className="card choices">
            <Choice label="Theme" help="As the system: light or dark as the desktop is, also when it changes." value={preferences.theme} options={themes} onChange={(theme) => void setPreferences(client, { theme })} />
            <Choice label="When the window is closed while something trains" help="Training goes on in the core. A run that is stopped keeps its checkpoint and can be resumed." value={preferences.onClose} options={closings} onChange={(onClose) => void setPreferences(client, { onClose })} />
          </section>
        )}
      </div>
    </main>
  );
}

function Choice<T extends string>({ label, help, value, options, onChange }: { label: string; help: string; value: T; options: [T, string][]; onChange: (value: T) => void }) {
  return (
    <RadioGroup className="choice" value={value} onChange={(next) => onChange(next as T)}>
      <div>
        <Label>{label}</Label>
        <Text slot="description">{help}</Text>
      </div>
      <div className="radios">
        {options.map(([id, text]) => (
          <Radio key={id} value={id} className="radio radio-surface">
            <i />
            {text}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
