import { Check, CircleDashed, Gauge, X } from 'lucide-react';
import type { Execution } from '../../../contract/recipes';
import { Badge, StatusIcon, type Tone } from '../../design';

const icon = { size: 11, 'aria-hidden': true } as const;

/** How far a start of a recipe is and what came out, by icon and word. */
export function Outcome({ execution: { state, checks } }: { execution: Execution }) {
  const failed = checks.filter(({ passed }) => !passed).length;
  const show = (tone: Tone, picture: React.ReactNode, word: string) => (
    <Badge tone={tone}>
      {picture}
      {word}
    </Badge>
  );
  if (state === 'training') return show('plain', <StatusIcon status="running" />, 'training');
  if (state === 'measuring') return show('plain', <Gauge {...icon} />, 'measuring');
  if (state === 'ended') return show('warn', <CircleDashed {...icon} />, 'not finished');
  return failed === 0 ? show('ok', <Check {...icon} />, 'passed') : show('bad', <X {...icon} />, `${failed} of ${checks.length} failed`);
}
