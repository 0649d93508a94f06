import { useRef, type ReactNode } from 'react';
import type { Pictures } from '../../../contract/datasets';
import type { Ability } from '../../../contract/models';
import type { RunDetail } from '../../../contract/runs';
import { useRunColour } from '../../design';
import { Answered } from '../../panels/frame';
import { ScatterPlot, useCodes } from '../../panels/latent-scatter/scatter-plot';
import { useLinked, useSetLinked } from '../../panels/linked';
import { GridPicture, useGrid } from '../../panels/manifold-grid/grid';
import { abilityNames } from '../../panels/panel';
import { lostIndices, useReconstructions } from '../../panels/reconstructions/reconstructions';
import { RunScope, useScopeRun } from '../../panels/run-scope';
import type { Refresher } from '../../panels/refresher';
import { useSamples } from '../../panels/samples/samples';
import { LivePictures } from '../../plots/live-pictures';
import { useSize, type Size } from '../../plots/size';
import { useShortName } from './names';
import { bandGap, columnsFor, stripGap, stripLayout, type StripLayout } from './cells';

export interface Compared {
  run: RunDetail;
  refresher: Refresher;
}

/** A run's colour and name; without `whole`, as much of the name as tells the compared runs apart. */
export function RunName({ run, whole = false }: { run: RunDetail; whole?: boolean }) {
  const short = useShortName(run.id);
  const colour = useRunColour(run.id);
  return (
    <span className="run-name" title={run.name}>
      <span className="dot" style={{ background: colour.css }} />
      <span className="truncate">{whole ? run.name : (short ?? run.name)}</span>
    </span>
  );
}

const titleHeight = 20;
const gap = 8;

/** One cell a run, as large as they fit; runs whose model lacks the ability say so. */
function Cells({ runs, needs, children }: { runs: readonly Compared[]; needs: Ability; children: ReactNode }) {
  const body = useRef<HTMLDivElement>(null);
  const size = useSize(body);
  const columns = size ? columnsFor(runs.length, size, titleHeight, gap) : runs.length;
  return (
    <div className="fill compare-cells" ref={body} style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
      {runs.map(({ run, refresher }) => (
        <div key={run.id} className="compare-cell">
          <RunName run={run} />
          {run.abilities.includes(needs) ? (
            <RunScope run={run} refresher={refresher}>
              {children}
            </RunScope>
          ) : (
            <Lacks ability={needs} />
          )}
        </div>
      ))}
    </div>
  );
}

const Lacks = ({ ability }: { ability: Ability }) => <span className="lacks faint">needs {abilityNames[ability]}</span>;

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
  <Cells runs={runs} needs="encode">
    <ScatterCell />
  </Cells>
);

export const Grids = ({ runs }: { runs: readonly Compared[] }) => (
  <Cells runs={runs} needs="decode">
    <GridCell />
  </Cells>
);

/** As many pictures of every run are asked for as the widest strips can show: the same for all, so that noise and inputs are the same. */
const stripCount = 40;
const labelWidth = 104;

/** A strip a run under each other, in as many bands as there is room for. */
function Strips({ runs, needs, lead = 0, children }: { runs: readonly Compared[]; needs: Ability; lead?: number; children: (layout: StripLayout, row: number, first: boolean) => ReactNode }) {
  const body = useRef<HTMLDivElement>(null);
  const size = useSize(body);
  const rows = runs.length + lead;
  const layout = size && stripLayout({ width: size.width - labelWidth, height: size.height }, rows, stripCount);
  const firstAble = runs.findIndex(({ run }) => run.abilities.includes(needs));
  return (
    <div className="fill strips" ref={body} style={{ gridTemplateColumns: `${labelWidth - 8}px minmax(0, 1fr)`, rowGap: stripGap }}>
      {layout &&
        runs.map(({ run, refresher }, i) =>
          run.abilities.includes(needs) ? (
            <RunScope key={run.id} run={run} refresher={refresher}>
              {children({ ...layout, rows }, lead + i, i === firstAble)}
            </RunScope>
          ) : (
            <StripRow key={run.id} label={<RunName run={run} />} row={lead + i} height={layout.cell}>
              <Lacks ability={needs} />
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
const Failure = ({ run, row, layout, error }: { run: RunDetail; row: number; layout: StripLayout; error: string }) => (
  <StripRow label={<RunName run={run} />} row={row} height={layout.cell}>
    <span className="faint truncate">{error}</span>
  </StripRow>
);

function ReconstructionStrip({ layout, row, first }: { layout: StripLayout; row: number; first: boolean }) {
  const run = useScopeRun();
  const asked = useReconstructions(stripCount);
  const value = asked.answer?.value;
  if (asked.error && !value) return <Failure run={run} row={row} layout={layout} error={asked.error.message} />;
  return (
    <>
      {first && <StripBands label={<span className="run-name faint">test images</span>} name="Test images" pictures={value?.inputs} layout={layout} row={0} />}
      <StripBands label={<RunName run={run} />} name={`Outputs of ${run.name}`} pictures={value?.outputs} layout={layout} row={row} lost={lostIndices(value?.keptClass ?? null)} />
    </>
  );
}

function SampleStrip({ layout, row }: { layout: StripLayout; row: number }) {
  const run = useScopeRun();
  const asked = useSamples(stripCount);
  if (asked.error && !asked.answer) return <Failure run={run} row={row} layout={layout} error={asked.error.message} />;
  return <StripBands label={<RunName run={run} />} name={`Samples of ${run.name}`} pictures={asked.answer?.value.pictures} layout={layout} row={row} />;
}

export const ReconstructionStrips = ({ runs }: { runs: readonly Compared[] }) => (
  <Strips runs={runs} needs="reconstruct" lead={1}>
    {(layout, row, first) => <ReconstructionStrip layout={layout} row={row} first={first} />}
  </Strips>
);

export const SampleStrips = ({ runs }: { runs: readonly Compared[] }) => (
  <Strips runs={runs} needs="sample">
    {(layout, row) => <SampleStrip layout={layout} row={row} />}
  </Strips>
);
