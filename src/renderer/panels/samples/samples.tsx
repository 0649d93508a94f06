import type { ProbeAnswers } from '../../../contract/probes';
import { hottest, noiseSeed, useLinked, useSetLinked } from '../linked';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';
import { Slider } from '../slider';

/** The first `count` samples of the prior's noise at the linked temperature, decoded: the means of p(x|z), or a draw from each where `draw`. */
export function useSamples(count: number, draw = false): Asked<ProbeAnswers['sample']> {
  const probe = useProbe();
  const run = useScopeRun();
  const temperature = useLinked((state) => state.temperature);
  return useAsked(canBeAsked(run) ? `sample ${count} ${temperature} ${draw}` : null, () => probe({ kind: 'sample', count, temperature, seed: noiseSeed, draw }));
}

export function TemperatureSlider() {
  const setLinked = useSetLinked();
  const temperature = useLinked((state) => state.temperature);
  return <Slider label="Temperature" value={temperature} text={temperature.toFixed(2)} maximum={hottest} step={0.05} onChange={(value) => setLinked({ temperature: value })} />;
}
