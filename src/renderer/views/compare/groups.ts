import type { RunDetail } from '../../../contract/runs';
import { orderOf, settingsOf } from './differences';
import { commonName } from './names';

/** What is compared: one run, or the runs of one experiment under several seeds. */
export interface Group {
  /** That of {@link first}. */
  id: string;
  name: string;
  /** In the order of their seeds. */
  runs: readonly RunDetail[];
  /** Stands for all where one run is shown. */
  first: RunDetail;
}

/** Every run for itself. */
export const apart = (runs: readonly RunDetail[]): Group[] => runs.map((run) => ({ id: run.id, name: run.name, runs: [run], first: run }));

/** Runs of equal experiments but for the seed together, in the order of the first of each. One seed run twice is no second seed: the later run starts a group of its own. */
export function bySeed(runs: readonly RunDetail[]): Group[] {
  const groups: { key: string; members: [RunDetail, ...RunDetail[]] }[] = [];
  for (const run of runs) {
    const key = JSON.stringify([...settingsOf(run.experiment)].filter(([name]) => name !== 'seed').sort());
    const group = groups.find((each) => each.key === key && each.members.every(({ experiment }) => experiment.seed !== run.experiment.seed));
    if (group) group.members.push(run);
    else groups.push({ key, members: [run] });
  }
  return groups.map(({ members }) => {
    const [first] = members.sort((a, b) => a.experiment.seed - b.experiment.seed);
    return { id: first.id, name: members.length > 1 ? commonName(members.map((run) => run.name)) : first.name, runs: members, first };
  });
}

/** In the order of the one number in which they differ; as they are where they differ otherwise. */
export function ordered(groups: readonly Group[]): readonly Group[] {
  const order = orderOf(groups.map(({ runs }) => runs.map(({ experiment }) => experiment)));
  return order ? groups.map((group, i) => ({ group, at: order[i] ?? 0 })).sort((a, b) => a.at - b.at).map(({ group }) => group) : groups;
}
