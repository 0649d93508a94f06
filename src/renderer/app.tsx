import { I18nProvider } from 'react-aria-components';
import { useRuns } from './client/hooks';
import { Toasts } from './design';
import { ConnectionNotice } from './frame/connection-notice';
import { KeysDialog } from './frame/keys-dialog';
import { Palette } from './frame/palette';
import { Rail } from './frame/rail';
import { RunList } from './frame/run-list';
import { StatusBar } from './frame/status-bar';
import { ViewBoundary } from './frame/view-boundary';
import { focusFilter, openLayer, setWindow, useWindow } from './state/window';
import { useKeys } from './state/keys';
import { go, href, useRoute, type Route } from './state/route';
import { useAppliedTheme } from './state/theme';
import { CompareView } from './views/compare/compare-view';
import { ComputeView } from './views/compute/compute-view';
import { DataView } from './views/data/data-view';
import { ExperimentView } from './views/experiment/experiment-view';
import { ModelsView } from './views/models/models-view';
import { PreferencesView } from './views/preferences/preferences-view';
import { RecipesView } from './views/recipes/recipes-view';
import { RunView } from './views/run/run-view';
import { FirstRun } from './views/runs/first-run';
import { RunsFacets } from './views/runs/runs-facets';
import { RunsView } from './views/runs/runs-view';

/** The window: rail, list, stage, status bar; palette and notices above. */
export function App() {
  const route = useRoute();
  useAppliedTheme();
  useKeys({
    n: () => go({ view: 'new' }),
    '/': focusFilter,
    '?': () => openLayer('keys'),
    'Ctrl+k': () => openLayer('palette'),
    '[': () => setWindow((state) => (route.view === 'compare' ? { compareListOpen: !state.compareListOpen } : { listOpen: !state.listOpen })),
  });
  return (
    <I18nProvider locale="en-GB">
      <button type="button" className="skip" onClick={toStage}>
        Skip to the page
      </button>
      <div className="app">
        <Rail route={route} />
        <List route={route} />
        <ViewBoundary key={href(route)}>
          <Stage route={route} />
        </ViewBoundary>
        <StatusBar route={route} />
      </div>
      <ConnectionNotice />
      <Palette route={route} />
      <KeysDialog />
      <Toasts />
    </I18nProvider>
  );
}

/** Past rail and list. */
function toStage(): void {
  const stage = document.querySelector<HTMLElement>('main');
  stage?.setAttribute('tabindex', '-1');
  stage?.focus();
}

function List({ route }: { route: Route }) {
  const { listOpen, compareListOpen } = useWindow();
  const empty = useRuns()?.length === 0;
  if (empty) return <span />;
  if (route.view === 'runs' && listOpen) return <RunsFacets />;
  if (route.view === 'run' && listOpen) return <RunList openId={route.id} />;
  if (route.view === 'compare' && compareListOpen) return <RunList />;
  return <span />;
}

function Stage({ route }: { route: Route }) {
  const runs = useRuns();
  switch (route.view) {
    case 'runs':
      return runs?.length === 0 ? <FirstRun /> : <RunsView />;
    case 'run':
      return <RunView key={route.id} id={route.id} />;
    case 'new':
      return <ExperimentView {...route} />;
    case 'compare':
      return <CompareView ids={route.ids} />;
    case 'data':
      return <DataView {...(route.id && { id: route.id })} />;
    case 'recipes':
      return <RecipesView {...(route.id && { id: route.id })} />;
    case 'models':
      return <ModelsView {...(route.id && { id: route.id })} />;
    case 'compute':
      return <ComputeView />;
    case 'preferences':
      return <PreferencesView />;
  }
}
