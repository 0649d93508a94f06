import { memo, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { Check, ClipboardCopy, X } from 'lucide-react';
import type { ElboError } from '../../../contract/errors';
import { activeStatuses, type RunDetail } from '../../../contract/runs';
import { useRun, useRunsState } from '../../client/hooks';
import { Button, EmptyState, ErrorState, IconButton, LoadingState, Menu, Segmented, StatusIcon, type MenuAction } from '../../design';
import { formatCount } from '../../format';
import { density, type Show } from '../../panels/density';
import { flowStages } from '../../panels/flow-stages';
import { Frame } from '../../panels/frame';
import { latentScatter, ScatterBar } from '../../panels/latent-scatter';
import { createLinked, LinkedProvider, noiseSeed, useLinked } from '../../panels/linked';
import { lossCurves } from '../../panels/loss-curves';
import { CurvesBar, CurvesPlot, pointsFor } from '../../panels/loss-curves/curves-plot';
import { rowsOf, tellingTerms, type DrawnRun } from '../../panels/loss-curves/rows';
import { overSeeds } from '../../panels/loss-curves/seeds';
import { GridBar, manifoldGrid, overCodes, overPrior } from '../../panels/manifold-grid';
import { modelCard } from '../../panels/model-card';
import { whyNot, type Panel } from '../../panels/panel';
import { usePlotActions } from '../../panels/plot-panel';
import { points } from '../../panels/points';
import { rateDistortion } from '../../panels/rate-distortion';
import { RunScope, useRefreshers } from '../../panels/run-scope';
import { samples } from '../../panels/samples';
import { TemperatureSlider } from '../../panels/samples/samples';
import { Slider } from '../../panels/slider';
import { PanelSlot } from '../../panels/slot';
import { useCurves } from '../../panels/use-curves';
import { useSize } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { copyText } from '../../state/clipboard';
import { useKeys } from '../../state/keys';
import { go } from '../../state/route';
import { Densities, FlowStagesCells, Grids, PointClouds, reconstructedPictures, ReconstructionStrips, SampleStrips, Scatters, type Compared } from './compare-panels';
import { asCsv, asLatex, asMarkdown, type CopiedTable } from './copied-table';
import { comparedEvaluations, differences } from './differences';
import { DifferencesTable } from './differences-table';
import { apart, bySeed, ordered, type Group } from './groups';
import { GroupName, looksOf, LooksProvider, type Look } from './looks';
import { inOnePlane, Rates } from './rates';
import './compare-view.css';

/** Two or more runs side by side, linked: the same axes, the same inputs, the same noise. Runs that cannot be had are left out. */
export function CompareView({ ids }: { ids: readonly string[] }) {
  const [loaded, setLoaded] = useState<Record<string, RunDetail>>({});
  const [failed, setFailed] = useState<Record<string, ElboError>>({});
  const onRun = useCallback((run: RunDetail) => setLoaded((last) => ({ ...last, [run.id]: run })), []);
  const onError = useCallback((id: string, error: ElboError) => setFailed((last) => ({ ...last, [id]: error })), []);
  const runs = useMemo(() => ids.flatMap((id) => loaded[id] ?? []), [ids, loaded]);
  const missing = ids.flatMap((id) => (loaded[id] ? [] : (failed[id] ?? [])));
  const chooseRuns = <Button variant="primary" onPress={() => go({ view: 'runs' })}>Choose runs</Button>;

  return (
    <main className="stage">
      {ids.map((id) => (
        <Watched key={id} id={id} onRun={onRun} onError={onError} />
      ))}
      {ids.length < 2 ? (
        <EmptyState title="Nothing to compare" actions={chooseRuns}>
          Select two or more runs in the list with X, then press C.
        </EmptyState>
      ) : runs.length + missing.length < ids.length ? (
        <LoadingState title="Opening the runs" />
      ) : runs.length < 2 ? (
        <EmptyState title={runs.length === 1 ? 'Only one of these runs is there' : 'None of these runs is there'} actions={chooseRuns}>
          {reasons(missing)}
        </EmptyState>
      ) : (
        <Comparison runs={runs} missing={missing} />
      )}
    </main>
  );
}

const reasons = (errors: readonly ElboError[]): string => [...new Set(errors.map(({ message }) => message))].join(' ');

/** Follows one run; draws nothing. */
const Watched = memo(function Watched({ id, onRun, onError }: { id: string; onRun: (run: RunDetail) => void; onError: (id: string, error: ElboError) => void }) {
  const { run, error } = useRun(id);
  useEffect(() => {
    if (run) onRun(run);
  }, [run, onRun]);
  useEffect(() => {
    if (error) onError(id, error);
  }, [id, error, onError]);
  return null;
});

function Comparison({ runs, missing }: { runs: readonly RunDetail[]; missing: readonly ElboError[] }) {
  const [linked] = useState(() => createLinked({ gridSize: runs.length > 2 ? 10 : 15 }));
  const [filled, setFilled] = useState<string | null>(null);
  const [each, setEach] = useState(false);
  const [show, setShow] = useState<Show>('density');
  const [layer, setLayer] = useState(1);
  const pointed = useRef<string | null>(null);
  const seeded = useMemo(() => bySeed(runs), [runs]);
  const groups = useMemo(() => ordered(each ? apart(runs) : seeded), [runs, seeded, each]);
  const theme = usePlotTheme();
  const orders = useRunsState((state) => state.orders);
  const looks = useMemo(() => looksOf(groups, orders, theme), [groups, orders, theme]);
  const refresherOf = useRefreshers(runs.map((run) => run.id));
  const compared: Compared[] = groups.map((group) => ({ group, run: group.first, refresher: refresherOf(group.id) }));
  const { differ, lacking, equal } = differences(runs.map((run) => [run.experiment]));
  useKeys({
    l: () => linked.setState(({ logY }) => ({ logY: !logY })),
    f: () => setFilled((now) => (now ? null : pointed.current)),
    Escape: () => setFilled(null),
  });

  const able = (panel: Panel): Compared[] => compared.filter(({ run }) => whyNot(panel, run) === null);
  const priors = able(manifoldGrid).map(({ run }) => run.abilities.includes('prior'));
  const gridOver = priors.every(Boolean) ? overPrior : priors.some(Boolean) ? { over: 'of the prior, or of the codes', rest: 'rest' } : overCodes;
  const latentSize = Math.max(...able(manifoldGrid).map(({ run }) => run.latentSize ?? 2));
  const tests = Math.min(...runs.map((run) => run.dataset?.counts.test ?? Infinity));
  const scoped = (panel: Panel, bar: ReactNode): ReactNode => able(panel).slice(0, 1).map(({ run, refresher }) => <RunScope key={run.id} run={run} refresher={refresher}>{bar}</RunScope>);
  // Of several seeds one is looked at.
  const ofSeeds = groups.some((group) => group.runs.length > 1) ? ' · first seed of each' : '';
  const all: ComparedPanel[] = [
    { panel: density, name: 'densities', title: 'Densities', badge: `p(x)${ofSeeds}`, sub: <Segmented label="What is shown" value={show} options={shows} onChange={setShow} />, body: <Densities runs={compared} show={show} /> },
    { panel: points, name: 'points', title: 'Sample points, same noise', badge: `test · seed ${noiseSeed}${ofSeeds}`, sub: <TemperatureSlider />, body: <PointClouds runs={compared} /> },
    { panel: flowStages, name: 'stages', title: 'Flow stages', badge: `test${ofSeeds}`, sub: <Slider label="Through the layers" value={layer} text={`${Math.round(100 * layer)} %`} maximum={1} step={0.01} onChange={setLayer} />, body: <FlowStagesCells runs={compared} share={layer} /> },
    { panel: latentScatter, name: 'scatters', title: 'Latent scatters, linked', badge: `same axes · test${ofSeeds}`, sub: scoped(latentScatter, <ScatterBar total={tests} posterior />), body: <Scatters runs={compared} /> },
    { panel: manifoldGrid, name: 'grids', title: 'Manifold grids, linked', badge: `decoder's mean · same viewport${ofSeeds}`, sub: scoped(manifoldGrid, <GridBar {...gridOver} latentSize={latentSize} />), body: <Grids runs={compared} /> },
    { panel: reconstructedPictures, name: 'reconstructions', title: 'Reconstructions, same inputs', badge: `decoder's mean · test${ofSeeds}`, body: <ReconstructionStrips runs={compared} /> },
    { panel: samples, name: 'samples', title: 'Samples, same noise', badge: `prior · seed ${noiseSeed}${ofSeeds}`, sub: <TemperatureSlider />, body: <SampleStrips runs={compared} /> },
  ];
  const offered = all.filter(({ panel }) => able(panel).length > 0);

  const slot = (name: string, panel: Panel, body: ReactNode) => (
    <PanelSlot key={name} panel={panel} name={name} filled={filled === name} toggleFill={() => setFilled(filled === name ? null : name)}>
      {body}
    </PanelSlot>
  );
  const withRate = able(rateDistortion).map(({ group }) => group);
  const shown = [
    ...(withRate.length > 1 && inOnePlane(withRate) ? [slot('rates', rateDistortion, <Rates groups={withRate} looks={looks} />)] : []),
    ...offered.map(({ panel, name, title, badge, sub, body }) =>
      slot(
        name,
        panel,
        <Frame title={title} badge={badge} sub={sub}>
          {body}
        </Frame>,
      ),
    ),
  ];
  const curves = slot('curves', lossCurves, <ComparedCurves groups={groups} looks={looks} />);
  const table = slot('differences', modelCard, <Differences groups={groups} looks={looks} />);
  // One panel alone would leave the table a row of its own.
  const above = shown.length === 1 ? 0 : Math.min(2, Math.ceil(shown.length / 2));

  return (
    <LinkedProvider value={linked}>
      <LooksProvider value={looks}>
        <header className="head">
          <div>
            <h1>{runs.length} runs compared</h1>
            <div className="sub">
              {differ.length > 0 && (
                <>
                  differ in <b className="strong">{differ.slice(0, namedAtMost).map(({ name }) => name).join(', ')}</b>
                  {differ.length > namedAtMost && ` and ${differ.length - namedAtMost} more`},{' '}
                </>
              )}
              equal in {differ.length > 0 ? `${equal.length} other` : `all ${equal.length}`} settings
              {lacking.length > 0 && `; not all have ${lacking.length} more`}
            </div>
          </div>
          <span className="spacer" />
          {seeded.length < runs.length && (
            <>
              <span className="faint small">Group by</span>
              <Segmented label="Group by" value={each ? 'each' : 'seed'} options={groupings} onChange={(value) => setEach(value === 'each')} />
            </>
          )}
        </header>
        <div className="toolbar compare-toolbar">
          {groups.map((group) => (
            <span key={group.id} className="compare-chip">
              <StatusIcon status={(group.runs.find(({ status }) => status !== 'done') ?? group.first).status} />
              <GroupName group={group} />
              {group.runs.length > 1 && <small className="faint">{group.runs.length} seeds</small>}
              <small className="faint tabular">step {formatCount(Math.min(...group.runs.map(({ step }) => step)))}</small>
              <IconButton size="small" label={`Leave ${group.name} out`} icon={<X aria-hidden size={11} />} onPress={() => go({ view: 'compare', ids: runs.filter((run) => !group.runs.includes(run)).map(({ id }) => id) })} />
            </span>
          ))}
        </div>
        {missing.length > 0 && (
          <p className="compare-note" role="status">
            {missing.length === 1 ? 'One run is' : `${missing.length} runs are`} left out: {reasons(missing)}
          </p>
        )}
        <div
          className={`compare-stage ${filled ? 'has-filled' : ''}`}
          onPointerOver={(event) => {
            const name = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-panel]')?.dataset['panel'] : undefined;
            if (name) pointed.current = name;
          }}
        >
          <div className="compare-row upper">
            {curves}
            {above === 0 ? table : shown.slice(0, above)}
          </div>
          {shown.length > 0 && (
            <div className="compare-row lower">
              {above > 0 && table}
              {shown.slice(above, above + 2)}
            </div>
          )}
          {shown.length > above + 2 && <div className="compare-row lower">{shown.slice(above + 2)}</div>}
        </div>
      </LooksProvider>
    </LinkedProvider>
  );
}

interface ComparedPanel {
  panel: Panel;
  name: string;
  title: string;
  badge: string;
  sub?: ReactNode;
  body: ReactNode;
}

const shows = [
  { value: 'density', label: 'density' },
  { value: 'with data', label: 'with data' },
] as const satisfies readonly { value: Show; label: string }[];
/** Of the settings that differ, in the page's head; all are in the table of differences. */
const namedAtMost = 5;

const groupings = [
  { value: 'seed', label: 'seed' },
  { value: 'each', label: 'each run' },
] as const;

function Differences({ groups, looks }: { groups: readonly Group[]; looks: Readonly<Record<string, Look>> }) {
  const evaluations = comparedEvaluations(groups.map((group) => group.runs));
  const runs = groups.reduce((sum, group) => sum + group.runs.length, 0);
  const oneSet = new Set(groups.map(({ first }) => first.experiment.data)).size === 1;
  const { differ, lacking, equal } = differences(groups.map(({ runs }) => runs.map(({ experiment }) => experiment)));
  const table: CopiedTable = {
    head: groups.map(({ id, name }) => looks[id]?.name ?? name),
    settings: [...differ, ...lacking],
    // Numbers of different data have no best.
    evaluations: oneSet ? evaluations : evaluations.map((row) => ({ ...row, best: null })),
  };
  const copy = (label: string, text: (table: CopiedTable) => string): MenuAction => ({ id: label, label: `Copy as ${label}`, icon: <ClipboardCopy aria-hidden size={14} />, onAction: () => void copyText(text(table), 'The table was') });
  return (
    <Frame title="Differences" badge={runs > groups.length ? `${runs} runs in ${groups.length} ${groups.length === 1 ? 'group' : 'groups'}` : `${runs} runs`} menu={[copy('Markdown', asMarkdown), copy('LaTeX', asLatex), copy('CSV', asCsv)]}>
      <DifferencesTable groups={groups} settings={{ differ, lacking, equal }} evaluations={table.evaluations} />
    </Frame>
  );
}

/** The curves of all groups over each other, each in its own look; of several seeds their mean in a band of one standard deviation. */
function ComparedCurves({ groups, looks }: { groups: readonly Group[]; looks: Readonly<Record<string, Look>> }) {
  const steps = useLinked((state) => state.steps);
  const body = useRef<HTMLDivElement>(null);
  const plot = useRef<HTMLDivElement>(null);
  const size = useSize(body);
  const runs = groups.flatMap((group) => group.runs);
  const { byRun, error } = useCurves(
    runs.map((run) => run.id),
    pointsFor(size?.width ?? 400),
    steps,
  );
  const drawn = useDrawn(groups, looks, byRun);
  const rows = useMemo(() => rowsOf(drawn), [drawn]);
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  const terms = useMemo(() => chosen ?? tellingTerms(rows), [chosen, rows]);
  const toggle = (term: string): void => {
    const next = terms.includes(term) ? terms.filter((each) => each !== term) : [...terms, term];
    if (next.length > 0) setChosen(next);
  };
  const menu = usePlotActions(`${groups.length} compared`, 'curves', plot);
  const seeds = new Set(groups.map((group) => group.runs.length));
  const most = Math.max(...seeds);
  const means = most > 1 ? `mean ± s.d. over ${seeds.size === 1 ? most : `up to ${most}`} seeds` : 'means';
  const empty = rows.every(({ lines }) => lines.every(({ curve }) => curve.steps.length === 0));
  return (
    <Frame
      title="Curves"
      badge={`${means} · train, held-out`}
      menu={menu}
      sub={
        <CurvesBar heldOut="held-out">
          {rows.length > 1 && (
            <Menu
              size="small"
              label="Terms that are shown"
              text={`${terms.length} of ${rows.length} terms`}
              items={rows.map(({ term, title }) => ({ id: term, label: title, icon: <Check aria-hidden size={14} className={terms.includes(term) ? '' : 'unseen'} />, onAction: () => toggle(term) }))}
            />
          )}
        </CurvesBar>
      }
    >
      <div className="fill compare-curves" ref={body}>
        {!empty && size && <CurvesPlot runs={drawn} size={size} terms={terms} many handle={plot} />}
        {empty && error && <ErrorState error={error} />}
        {empty && !error && (runs.some(({ status }) => activeStatuses.includes(status)) || runs.some(({ step }) => step > 0) ? <LoadingState title="The first point comes with the first step" /> : <EmptyState title="No point of any curve">All of these runs ended before their first step.</EmptyState>)}
      </div>
    </Frame>
  );
}

/** What is drawn, the same object while neither curves nor looks changed: a run's progress alone draws nothing anew. */
function useDrawn(groups: readonly Group[], looks: Readonly<Record<string, Look>>, byRun: ReturnType<typeof useCurves>['byRun']): DrawnRun[] {
  const members = JSON.stringify(groups.map(({ id, runs }) => [id, runs.map((run) => run.id)]));
  const styles = JSON.stringify(looks);
  return useMemo(() => {
    const looks = JSON.parse(styles) as Record<string, Look>;
    const one = Object.keys(looks).length === 1;
    return (JSON.parse(members) as [string, string[]][]).flatMap(([id, runs]) => {
      const look = looks[id];
      const [curves = [], ...others] = runs.map((run) => byRun[run] ?? []);
      return look ? [{ id, ...look, name: one ? '' : look.name, curves: others.length > 0 ? overSeeds([curves, ...others]) : curves }] : [];
    });
  }, [members, styles, byRun]);
}
