import type { ProbeAnswers } from '../../../contract/probes';
import { hottest, noiseSeed, useLinked, useSetLinked } from '../linked';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';
import { Slider } from '../slider';

/** The first `count` samples of the prior's noise at the linked temperature, decoded. */
export function useSamples(count: number): Asked<ProbeAnswers['sample']> {
  const probe = useProbe();
  const run = useScopeRun();
  const temperature = useLinked((state) => state.temperature);
  return useAsked(canBeAsked(run) ? `sample ${count} ${temperature}` : null, () => probe({ kind: 'sample', count, temperature, seed: noiseSeed }));
}

export function TemperatureSlider() {
  const setLinked = useSetLinked();
  const temperature = useLinked((state) => state.temperature);
  return <Slider label="Temperature" value={temperature} text={temperature.toFixed(2)} maximum={hottest} step={0.05} onChange={(value) => setLinked({ temperature: value })} />;
}
