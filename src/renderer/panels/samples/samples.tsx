import type { CSSProperties } from 'react';
import type { ProbeAnswers } from '../../../contract/probes';
import { noiseSeed, useLinked, useSetLinked } from '../linked';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';

/** The first `count` samples of the prior's noise at the linked temperature, decoded. */
export function useSamples(count: number): Asked<ProbeAnswers['sample']> {
  const probe = useProbe();
  const run = useScopeRun();
  const temperature = useLinked((state) => state.temperature);
  return useAsked(canBeAsked(run) ? `sample ${count} ${temperature}` : null, () => probe({ kind: 'sample', count, temperature, seed: noiseSeed }));
}

const hottest = 1.2;

export function TemperatureSlider() {
  const setLinked = useSetLinked();
  const temperature = useLinked((state) => state.temperature);
  return (
    <label className="temperature">
      <span>Temperature</span>
      <input
        type="range"
        className="slider"
        min={0}
        max={hottest}
        step={0.05}
        value={temperature}
        style={{ '--part': `${(100 * temperature) / hottest}%` } as CSSProperties}
        onChange={(event) => setLinked({ temperature: Number(event.target.value) })}
      />
      <b className="strong tabular">{temperature.toFixed(2)}</b>
    </label>
  );
}
