import type { Data, Layout } from 'plotly.js';
import type { PlotTheme } from '../../plots/theme';
import { axisOf } from '../plot-panel';

interface Place {
  rate: number;
  distortion: number;
}

export const rateMargin = { l: 52, r: 10, t: 6, b: 34 };

/** The plane of rates and distortions in nats with room around `points`, and in it the line of all places with the bound of `place`. */
export function ratePlane(theme: PlotTheme, points: readonly Place[], place: Place): { layout: Partial<Layout>; sameBound: Partial<Data> } {
  const [x, y] = [around(points.map(({ rate }) => rate)), around(points.map(({ distortion }) => distortion))];
  const sum = place.rate + place.distortion;
  return {
    layout: { xaxis: axisOf(theme, 'rate: KL, nats', { range: x }), yaxis: axisOf(theme, 'distortion: −E log p(x|z), nats', { range: y }), hovermode: 'closest' },
    sameBound: { type: 'scatter', mode: 'lines', x, y: x.map((rate) => sum - rate), line: { color: theme.axis, width: 1, dash: 'dot' }, hoverinfo: 'skip' },
  };
}

function around(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.08 * Math.max(high - low, 1e-6 + 0.02 * Math.abs(high));
  return [low - room, high + room];
}
