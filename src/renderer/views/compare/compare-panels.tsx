import { useMemo, useRef, type ReactNode } from 'react';
import type { Layout } from 'plotly.js';
import type { Pictures } from '../../../contract/datasets';
import type { ProbeAnswers } from '../../../contract/probes';
import type { RunDetail } from '../../../contract/runs';
import { withMinus } from '../../format';
import { withAspect } from '../../panels/codes';
import { density, DensityPlot, useDensity, type Show } from '../../panels/density';
import { flowStages, Stage, useStages } from '../../panels/flow-stages';
import { StageLine, useStagesOfLine } from '../../panels/flow-stages/line';
import { StageRows, useStagesOfPictures } from '../../panels/flow-stages/pictures';
import { Answered } from '../../panels/frame';
import { latentScatter } from '../../panels/latent-scatter';
import { ScatterPlot, useCodes } from '../../panels/latent-scatter/scatter-plot';
import { noiseSeed, useLinked, useSetLinked } from '../../panels/linked';
import { manifoldGrid } from '../../panels/manifold-grid';
import { GridPicture, useGrid } from '../../panels/manifold-grid/grid';
import { picturesOnly, whyNot, type Panel } from '../../panels/panel';
import { boxOf, pointTraces } from '../../panels/plane';
import { bareAxis } from '../../panels/plot-panel';
import { points } from '../../panels/points';
import { reconstructions } from '../../panels/reconstructions';
import { mostTelling } from '../../panels/dimensions';
import { lostIndices, useReconstructions } from '../../panels/reconstructions/reconstructions';
import { canBeAsked, RunScope, testCount, useAsked, useProbe, useScopeRun, type Asked } from '../../panels/run-scope';
import type { Refresher } from '../../panels/refresher';
import { samples } from '../../panels/samples';
import { useSamples } from '../../panels/samples/samples';
import { LivePictures } from '../../plots/live-pictures';
import { Plot } from '../../plots/plot';
import { useSize, type Size } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { bandGap, columnsFor, stripGap, stripLayout, type StripLayout } from './cells';
import type { Group } from './groups';
import { GroupName } from './looks';

/** A group by the run that stands for it. */
export interface Compared {
  group: Group;
  run: RunDetail;
  refresher: Refresher;
}

type Need = Pick<Panel, 'needs' | 'suits'>;

const titleHeight = 20;
const gap = 8;

/** One cell a run, as large as they fit, behind `lead` where there is one; runs that cannot have the panel say why. */
function Cells({ runs, panel, lead, children }: { runs: readonly Compared[]; panel: Need; lead?: ReactNode; children: ReactNode }) {
  const body = useRef<HTMLDivElement>(null);
  const size = useSize(body);
  const cells = runs.length + (lead ? 1 : 0);
  const columns = size ? columnsFor(cells, size, titleHeight, gap) : cells;
  return (
    <div className="fill compare-cells" ref={body} style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
      {lead}
      {runs.map(({ group, run, refresher }) => (
        <div key={run.id} className="compare-cell">
          <GroupName group={group} />
          {whyNot(panel, run) === null ? (
            <RunScope run={run} refresher={refresher}>
              {children}
            </RunScope>
          ) : (
            <Lacks panel={panel} run={run} />
          )}
        </div>
      ))}
    </div>
  );
}

const Lacks = ({ panel, run }: { panel: Need; run: RunDetail }) => <span className="lacks faint">{whyNot(panel, run)}</span>;

function Sized({ children }: { children: (size: Size) => ReactNode }) {
  const body = useRef<HTMLDivElement>(null);
  const size = useSize(body);
  return (
    <div className="cell-body" ref={body}>
      {size && children(size)}
    </div>
  );
}

function ScatterCell() {
  const codes = useCodes();
  return <Sized>{(size) => <Answered asked={codes}>{(answer) => <ScatterPlot codes={answer} size={size} />}</Answered>}</Sized>;
}

function GridCell() {
  const grid = useGrid();
  return <Sized>{(size) => <Answered asked={grid}>{(answer) => <GridPicture grid={answer} size={size} axes={false} />}</Answered>}</Sized>;
}

export const Scatters = ({ runs }: { runs: readonly Compared[] }) => (
  <Cells runs={runs} panel={latentScatter}>
    <ScatterCell />
  </Cells>
);

export const Grids = ({ runs }: { runs: readonly Compared[] }) => (
  <Cells runs={runs} panel={manifoldGrid}>
    <GridCell />
  </Cells>
);

function DensityCell({ show }: { show: Show }) {
  const asked = useDensity();
  const { gap = null, integral = null } = asked.answer?.value ?? {};
  return (
    <>
      <span className="cell-line faint tabular" title="Mean of log p(x) of the truth minus that of the model, over test rows">
        {[integral !== null && `∫ p = ${integral.toFixed(3)}`, gap && `gap ${withMinus(gap.nats.toFixed(3))} ± ${gap.standardError.toFixed(3)} nats`].filter(Boolean).join(' · ')}
      </span>
      <Sized>{(size) => <Answered asked={asked}>{(answer) => <DensityPlot density={answer} show={show} size={size} />}</Answered>}</Sized>
    </>
  );
}

export const Densities = ({ runs, show }: { runs: readonly Compared[]; show: Show }) => (
  <Cells runs={runs} panel={density}>
    <DensityCell show={show} />
  </Cells>
);

const mostPoints = 2000;

/** Samples of a run, or the test rows that they should resemble, in the box of the test rows. */
function PointsCell({ what }: { what: 'data' | 'samples' }) {
  const probe = useProbe();
  const run = useScopeRun();
  const temperature = useLinked((state) => state.temperature);
  const count = testCount(run, mostPoints);
  const asked = useAsked(canBeAsked(run) ? `points ${count} ${temperature}` : null, () => probe({ kind: 'points', split: 'test', offset: 0, count, temperature, seed: noiseSeed }));
  return <Sized>{(size) => <Answered asked={asked}>{(answer) => <Cloud points={answer} what={what} size={size} />}</Answered>}</Sized>;
}

function Cloud({ points: { columns, data, samples }, what, size: { width, height } }: { points: ProbeAnswers['points']; what: 'data' | 'samples'; size: Size }) {
  const theme = usePlotTheme();
  const [one, two] = useLinked((state) => state.dims) ?? mostTelling(null);
  const drawn = useMemo(() => {
    const dims = Math.max(one, two) < columns ? ([one, two] as const) : ([0, Math.min(1, columns - 1)] as const);
    const box = withAspect(boxOf(data, columns, dims), { width, height });
    const shown = what === 'data' ? data : samples;
    return { layout: { xaxis: bareAxis(theme, box.x, width), yaxis: bareAxis(theme, box.y, height), hovermode: false } satisfies Partial<Layout>, data: shown ? pointTraces(shown, columns, dims, null, theme, what === 'data' ? theme.ink : (theme.runs[0] ?? theme.ink)) : [] };
  }, [columns, data, samples, what, one, two, width, height, theme]);
  const size = useMemo(() => ({ width, height }), [width, height]);
  return <Plot label={what === 'data' ? 'Test rows' : 'Samples'} {...drawn} size={size} margin={bare} />;
}

const bare = { l: 0, r: 0, t: 0, b: 0 };

/** The samples of every run, behind the test rows where all have the same data. */
export function PointClouds({ runs }: { runs: readonly Compared[] }) {
  const able = runs.filter(({ run }) => whyNot(points, run) === null);
  const [first] = able;
  const oneSet = new Set(able.map(({ run }) => run.experiment.data)).size === 1;
  const lead = first && oneSet && (
    <div className="compare-cell">
      <span className="run-name faint">test rows</span>
      <RunScope run={first.run} refresher={first.refresher}>
        <PointsCell what="data" />
      </RunScope>
    </div>
  );
  return (
    <Cells runs={runs} panel={points} lead={lead}>
      <PointsCell what="samples" />
    </Cells>
  );
}

/** The stage at `share` of the way through the layers, which are not as many in every flow. */
function StageCell({ share }: { share: number }) {
  const { dataset } = useScopeRun();
  if (dataset?.kind === 'pictures') return <StageOfPictures share={share} />;
  return dataset?.channels === 1 ? <StageOfLine share={share} /> : <StageOfTable share={share} />;
}

const StageOfTable = ({ share }: { share: number }) => <StageAt asked={useStages(firstColumns)} share={share} draw={(stages, at, size) => <Stage stages={stages} dims={firstColumns} at={at} size={size} />} />;
const StageOfLine = ({ share }: { share: number }) => <StageAt asked={useStagesOfLine()} share={share} draw={(stages, at, size) => <StageLine stages={stages} at={at} size={size} />} />;
const StageOfPictures = ({ share }: { share: number }) => <StageAt asked={useStagesOfPictures()} share={share} draw={(stages, at, size) => <StageRows stages={stages} at={at} size={size} />} />;

function StageAt({ asked, share, draw }: { asked: Asked<ProbeAnswers['stages']>; share: number; draw: (stages: ProbeAnswers['stages'], at: number, size: Size) => ReactNode }) {
  const last = (asked.answer?.value.stages.length ?? 1) - 1;
  const at = Math.round(share * last);
  return (
    <>
      <span className="cell-line faint tabular">{asked.answer && [`layer ${at} of ${last}`, at > 0 && asked.answer.value.stages[at]?.name].filter(Boolean).join(', ')}</span>
      <Sized>{(size) => <Answered asked={asked}>{(answer) => draw(answer, at, size)}</Answered>}</Sized>
    </>
  );
}

const firstColumns = [0, 1] as const;

export const FlowStagesCells = ({ runs, share }: { runs: readonly Compared[]; share: number }) => (
  <Cells runs={runs} panel={flowStages}>
    <StageCell share={share} />
  </Cells>
);

/** As many pictures of every run are asked for as the widest strips can show: the same for all, so that noise and inputs are the same. */
const stripCount = 40;
const labelWidth = 104;

/** A strip a run under each other, in as many bands as there is room for. */
function Strips({ runs, panel, lead = 0, children }: { runs: readonly Compared[]; panel: Need; lead?: number; children: (layout: StripLayout, row: number, first: boolean, group: Group) => ReactNode }) {
  const body = useRef<HTMLDivElement>(null);
  const size = useSize(body);
  const rows = runs.length + lead;
  const layout = size && stripLayout({ width: size.width - labelWidth, height: size.height }, rows, stripCount);
  const firstAble = runs.findIndex(({ run }) => whyNot(panel, run) === null);
  return (
    <div className="fill strips" ref={body} style={{ gridTemplateColumns: `${labelWidth - 8}px minmax(0, 1fr)`, rowGap: stripGap }}>
      {layout &&
        runs.map(({ group, run, refresher }, i) =>
          whyNot(panel, run) === null ? (
            <RunScope key={run.id} run={run} refresher={refresher}>
              {children({ ...layout, rows }, lead + i, i === firstAble, group)}
            </RunScope>
          ) : (
            <StripRow key={run.id} label={<GroupName group={group} />} row={lead + i} height={layout.cell}>
              <Lacks panel={panel} run={run} />
            </StripRow>
          ),
        )}
    </div>
  );
}

const StripRow = ({ label, row, height, last = false, children }: { label: ReactNode; row: number; height: number; last?: boolean; children?: ReactNode }) => (
  <div className="strip-row" style={{ gridRow: row + 1, minHeight: height, ...(last && { marginBottom: bandGap }) }}>
    {label}
    {children}
  </div>
);

/** The strips of one run in all bands. */
function StripBands({ label, name, pictures, layout, row, lost = [] }: { label: ReactNode; name: string; pictures: Pictures | undefined; layout: StripLayout; row: number; lost?: readonly number[] }) {
  const { cell, columns, bands, rows } = layout;
  return Array.from({ length: bands }, (_, band) => (
    <StripRow key={band} label={label} row={band * rows + row} height={cell} last={row === rows - 1 && band < bands - 1}>
      {pictures && <Strip label={name} pictures={pictures} first={band * columns} cell={cell} columns={columns} lost={lost} />}
    </StripRow>
  ));
}

function Strip({ label, pictures, first, cell, columns, lost }: { label: string; pictures: Pictures; first: number; cell: number; columns: number; lost: readonly number[] }) {
  const setLinked = useSetLinked();
  const example = useLinked((state) => state.example);
  const width = cell * Math.min(1, pictures.width / pictures.height);
  const shown = (index: number): boolean => index >= first && index < first + columns;
  const place = (index: number) => ({ left: (index - first) * width, top: 0, width, height: cell });
  return (
    <div className="strip" onPointerMove={(event) => setLinked({ example: first + Math.floor((event.clientX - event.currentTarget.getBoundingClientRect().left) / width), code: null })} onPointerLeave={() => setLinked({ example: null })}>
      <LivePictures pictures={pictures} label={label} columns={columns} rows={1} first={first} width={width * columns} height={cell} />
      {lost.filter(shown).map((index) => (
        <i key={index} className="lost" style={place(index)} />
      ))}
      {example !== null && shown(example) && <i className="mark" style={place(example)} />}
    </div>
  );
}

/** What a run could not answer, in the first row of its strip. */
const Failure = ({ group, row, layout, error }: { group: Group; row: number; layout: StripLayout; error: string }) => (
  <StripRow label={<GroupName group={group} />} row={row} height={layout.cell}>
    <span className="faint truncate">{error}</span>
  </StripRow>
);

function ReconstructionStrip({ group, layout, row, first }: { group: Group; layout: StripLayout; row: number; first: boolean }) {
  const asked = useReconstructions(stripCount);
  const value = asked.answer?.value;
  if (asked.error && !value) return <Failure group={group} row={row} layout={layout} error={asked.error.message} />;
  return (
    <>
      {first && <StripBands label={<span className="run-name faint">test images</span>} name="Test images" pictures={value?.inputs} layout={layout} row={0} />}
      <StripBands label={<GroupName group={group} />} name={`Outputs of ${group.first.name}`} pictures={value?.outputs} layout={layout} row={row} lost={lostIndices(value?.keptClass ?? null, value?.inputRight)} />
    </>
  );
}

function SampleStrip({ group, layout, row }: { group: Group; layout: StripLayout; row: number }) {
  const asked = useSamples(stripCount);
  if (asked.error && !asked.answer) return <Failure group={group} row={row} layout={layout} error={asked.error.message} />;
  return <StripBands label={<GroupName group={group} />} name={`Samples of ${group.first.name}`} pictures={asked.answer?.value.pictures} layout={layout} row={row} />;
}

/** Side by side are pictures alone. */
export const reconstructedPictures: Panel = { ...reconstructions, suits: picturesOnly };

export const ReconstructionStrips = ({ runs }: { runs: readonly Compared[] }) => (
  <Strips runs={runs} panel={reconstructedPictures} lead={1}>
    {(layout, row, first, group) => <ReconstructionStrip group={group} layout={layout} row={row} first={first} />}
  </Strips>
);

export const SampleStrips = ({ runs }: { runs: readonly Compared[] }) => (
  <Strips runs={runs} panel={samples}>
    {(layout, row, _first, group) => <SampleStrip group={group} layout={layout} row={row} />}
  </Strips>
);
