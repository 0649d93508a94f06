import { useMemo, useState, type ReactNode } from 'react';
import { BookOpen, Columns2, Cpu, Database, LayoutGrid, List, Monitor, Moon, Pause, Play, Plus, Search, Settings, Sigma, Square, Sun } from 'lucide-react';
import { Dialog, Modal, ModalOverlay } from 'react-aria-components';
import { useClient, useQuery, useRuns } from '../client/hooks';
import { Kbd, StatusIcon, statusNames, toastError } from '../design';
import { formatCount, formatMinutes } from '../format';
import { go, type Route } from '../state/route';
import { setPreferences } from '../state/theme';
import { openLayer, useWindow } from '../state/window';

const groups = ['Runs', 'Panels', 'Recipes', 'Models', 'Pages', 'Commands'] as const;

interface Entry {
  id: string;
  group: (typeof groups)[number];
  title: string;
  detail?: string;
  /** Looked in as well, and not shown. */
  also?: string;
  icon: ReactNode;
  shortcut?: string;
  run: () => void;
}

const perGroup = 7;
const icon = { size: 16, strokeWidth: 1.6, 'aria-hidden': true } as const;

/** Ctrl+K: finds any run, panel of the page, recipe, model, page or command. */
export function Palette({ route }: { route: Route }) {
  const isOpen = useWindow((state) => state.layer === 'palette');
  return (
    <ModalOverlay className="scrim" isOpen={isOpen} onOpenChange={(open) => !open && openLayer(null)} isDismissable>
      <Modal className="modal palette-modal">
        <Dialog className="palette" aria-label="Find anything">
          <PaletteBody route={route} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function PaletteBody({ route }: { route: Route }) {
  const entries = useEntries(route);
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const found = useMemo(() => find(entries, text), [entries, text]);
  const chosen = Math.min(at, found.length - 1);
  const choose = (entry: Entry | undefined): void => {
    if (!entry) return;
    openLayer(null);
    entry.run();
  };
  return (
    <>
      <div className="palette-input">
        <Search {...icon} />
        <input
          autoFocus
          role="combobox"
          aria-label="Find a run, panel, recipe, model, page or command"
          aria-expanded
          aria-controls="palette-list"
          aria-activedescendant={found[chosen] ? `palette-${chosen}` : undefined}
          placeholder="Find a run, panel, recipe, model, page or command"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
              event.preventDefault();
              const next = (chosen + (event.key === 'ArrowDown' ? 1 : -1) + found.length) % Math.max(1, found.length);
              setAt(next);
              document.getElementById(`palette-${next}`)?.scrollIntoView({ block: 'nearest' });
            }
            if (event.key === 'Enter') choose(found[chosen]);
          }}
        />
        <Kbd>esc</Kbd>
      </div>
      <div className="palette-list" id="palette-list" role="listbox" aria-label="Found">
        {found.length === 0 && <p className="faint palette-none">Nothing is called “{text}”.</p>}
        {found.map((entry, i) => (
          <div key={entry.id} role="presentation">
            {entry.group !== found[i - 1]?.group && <h5 role="presentation">{entry.group}</h5>}
            <div id={`palette-${i}`} role="option" aria-selected={i === chosen} className={`palette-item ${i === chosen ? 'on' : ''}`} onMouseMove={() => i !== chosen && setAt(i)} onClick={() => choose(entry)}>
              {entry.icon}
              <span className="truncate">{marked(entry.title, text)}</span>
              {entry.detail && <span className="faint truncate">{entry.detail}</span>}
              <span className="spacer" />
              {i === chosen ? <Kbd>↵</Kbd> : entry.shortcut && <Kbd>{entry.shortcut}</Kbd>}
            </div>
          </div>
        ))}
      </div>
    </>
  );
}

function useEntries(route: Route): Entry[] {
  const client = useClient();
  const runs = useRuns();
  const { data: recipes } = useQuery('recipes.list', {});
  const { data: models } = useQuery('models.list', {});
  const selected = useWindow((state) => state.selected);
  return useMemo(() => {
    const open = route.view === 'run' ? runs?.find((run) => run.id === route.id) : undefined;
    const act = (method: 'runs.pause' | 'runs.continue' | 'runs.stop' | 'runs.resume', id: string) => () => void client.call(method, { id }).catch(toastError);
    const commands: (Entry | false | undefined)[] = [
      open?.status === 'running' && { id: 'pause', group: 'Commands', title: `Pause ${open.name}`, icon: <Pause {...icon} />, shortcut: 'Space', run: act('runs.pause', open.id) },
      open?.status === 'paused' && { id: 'continue', group: 'Commands', title: `Continue ${open.name}`, icon: <Play {...icon} />, shortcut: 'Space', run: act('runs.continue', open.id) },
      open && ['running', 'paused', 'queued', 'starting'].includes(open.status) && { id: 'stop', group: 'Commands', title: `Stop ${open.name}`, icon: <Square {...icon} />, run: act('runs.stop', open.id) },
      open && ['stopped', 'failed', 'interrupted'].includes(open.status) && { id: 'resume', group: 'Commands', title: `Resume ${open.name}`, detail: `from step ${formatCount(open.checkpointStep)}`, icon: <Play {...icon} />, run: act('runs.resume', open.id) },
      open && { id: 'clone', group: 'Commands', title: `New experiment from ${open.name}`, icon: <Plus {...icon} />, run: () => go({ view: 'new', run: open.id }) },
      selected.size > 1 && { id: 'compare', group: 'Commands', title: `Compare ${selected.size} selected runs`, icon: <Columns2 {...icon} />, shortcut: 'C', run: () => go({ view: 'compare', ids: [...selected] }) },
      { id: 'light', group: 'Commands', title: 'Use the light theme', icon: <Sun {...icon} />, run: () => void setPreferences(client, { theme: 'light' }) },
      { id: 'dark', group: 'Commands', title: 'Use the dark theme', icon: <Moon {...icon} />, run: () => void setPreferences(client, { theme: 'dark' }) },
      { id: 'system', group: 'Commands', title: 'Use the system’s theme', icon: <Monitor {...icon} />, run: () => void setPreferences(client, { theme: 'system' }) },
      { id: 'keys', group: 'Commands', title: 'Show the keys', icon: <List {...icon} />, shortcut: '?', run: () => openLayer('keys') },
    ];
    const pages: Entry[] = [
      { id: 'p-runs', group: 'Pages', title: 'Runs', icon: <List {...icon} />, run: () => go({ view: 'runs' }) },
      { id: 'p-new', group: 'Pages', title: 'New experiment', icon: <Plus {...icon} />, shortcut: 'N', run: () => go({ view: 'new' }) },
      { id: 'p-data', group: 'Pages', title: 'Data sets', icon: <Database {...icon} />, run: () => go({ view: 'data' }) },
      { id: 'p-recipes', group: 'Pages', title: 'Recipes', icon: <BookOpen {...icon} />, run: () => go({ view: 'recipes' }) },
      { id: 'p-models', group: 'Pages', title: 'Models', icon: <Sigma {...icon} />, run: () => go({ view: 'models' }) },
      { id: 'p-compute', group: 'Pages', title: 'Compute', icon: <Cpu {...icon} />, run: () => go({ view: 'compute' }) },
      { id: 'p-preferences', group: 'Pages', title: 'Preferences', icon: <Settings {...icon} />, run: () => go({ view: 'preferences' }) },
    ];
    return [
      ...[...document.querySelectorAll<HTMLElement>('[data-panel] > .panel')].map((panel, i): Entry => ({ id: `panel-${i}`, group: 'Panels', title: panel.ariaLabel ?? '', icon: <LayoutGrid {...icon} />, run: () => show(panel) })),
      ...(runs ?? []).map((run): Entry => ({ id: `r-${run.id}`, group: 'Runs', title: run.name, detail: `${run.experiment.data} · ${statusNames[run.status].toLowerCase()} · step ${formatCount(run.step)}`, icon: <StatusIcon status={run.status} />, run: () => go({ view: 'run', id: run.id }) })),
      ...(recipes ?? []).map((recipe): Entry => ({ id: `c-${recipe.id}`, group: 'Recipes', title: recipe.title, detail: `lecture ${recipe.lectures.join(', ')} · ${formatMinutes(recipe.minutes)}`, also: `${recipe.id} ${recipe.claim} ${recipe.theme ?? ''} ${recipe.experiment.model}`, icon: <BookOpen {...icon} />, run: () => go({ view: 'recipes', id: recipe.id }) })),
      ...(models ?? []).map((model): Entry => ({ id: `m-${model.id}`, group: 'Models', title: model.title, detail: model.id, icon: <Sigma {...icon} />, run: () => go({ view: 'models', id: model.id }) })),
      ...pages,
      ...commands.filter((entry): entry is Entry => Boolean(entry)),
    ];
  }, [client, runs, recipes, models, selected, route]);
}

/** Brings a panel into view and the focus to it, once the palette is closed and has given the focus back. */
const show = (panel: HTMLElement): void =>
  void setTimeout(() => {
    panel.scrollIntoView({ block: 'nearest' });
    panel.focus({ preventScroll: true });
  }, 100);

/** Entries whose title holds every word, beginnings first; a few of each group. Groups keep their order. */
function find(entries: readonly Entry[], text: string): Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = (entry: Entry): number => {
    const title = entry.title.toLowerCase();
    const detail = `${entry.detail ?? ''} ${entry.also ?? ''}`.toLowerCase();
    if (!words.every((word) => title.includes(word) || detail.includes(word))) return Infinity;
    return words.length === 0 ? 0 : title.startsWith(words[0] ?? '') ? 0 : title.includes(words[0] ?? '') ? 1 : 2;
  };
  const found = entries.map((entry) => ({ entry, order: rank(entry) })).filter(({ order }) => order < Infinity);
  const limit = words.length === 0 ? 4 : perGroup;
  return groups.flatMap((group) =>
    found
      .filter(({ entry }) => entry.group === group)
      .sort((a, b) => a.order - b.order)
      .slice(0, ['Panels', 'Runs', 'Recipes', 'Models'].includes(group) ? limit : perGroup)
      .map(({ entry }) => entry),
  );
}

function marked(title: string, text: string): ReactNode {
  const word = text.trim().toLowerCase().split(/\s+/)[0] ?? '';
  const at = word ? title.toLowerCase().indexOf(word) : -1;
  if (at < 0) return title;
  return (
    <>
      {title.slice(0, at)}
      <mark>{title.slice(at, at + word.length)}</mark>
      {title.slice(at + word.length)}
    </>
  );
}
