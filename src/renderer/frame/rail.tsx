import type { ReactNode } from 'react';
import { BookOpen, Columns2, Cpu, Database, List, Monitor, Moon, Plus, Settings, Sigma, Sun } from 'lucide-react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useClient, useRunsState } from '../client/hooks';
import { href, go, type Route } from '../state/route';
import { setPreferences, usePreferences } from '../state/theme';
import { useWindow } from '../state/window';

const icon = { size: 18, strokeWidth: 1.5, 'aria-hidden': true } as const;

/** Where one can go. */
export function Rail({ route }: { route: Route }) {
  const live = useRunsState((state) => state.runs?.filter((run) => run.status === 'running' || run.status === 'starting').length ?? 0);
  const selected = useWindow((state) => state.selected);
  const item = (to: Route, label: string, picture: ReactNode, on: boolean, extra?: ReactNode) => (
    <a href={href(to)} className={on ? 'on' : ''} {...(on && { 'aria-current': 'page' })}>
      {picture}
      {label}
      {extra}
    </a>
  );
  return (
    <nav className="rail" aria-label="Main">
      <Logo />
      {item({ view: 'runs' }, 'Runs', <List {...icon} />, route.view === 'runs' || route.view === 'run', live > 0 && <span className="count"><span aria-hidden="true">{live}</span><span className="heard">, {live} training</span></span>)}
      {item({ view: 'new' }, 'New', <Plus {...icon} />, route.view === 'new')}
      {item({ view: 'compare', ids: [...selected] }, 'Compare', <Columns2 {...icon} />, route.view === 'compare')}
      {item({ view: 'data' }, 'Data', <Database {...icon} />, route.view === 'data')}
      {item({ view: 'recipes' }, 'Recipes', <BookOpen {...icon} />, route.view === 'recipes')}
      {item({ view: 'models' }, 'Models', <Sigma {...icon} />, route.view === 'models')}
      <span className="spacer" />
      {item({ view: 'compute' }, 'Compute', <Cpu {...icon} />, route.view === 'compute')}
      <ThemeMenu on={route.view === 'preferences'} />
    </nav>
  );
}

export const Logo = () => (
  <svg className="logo" viewBox="0 0 28 28" aria-hidden="true">
    <path d="M5 23C5 12 12 5 23 5" fill="none" stroke="currentColor" strokeWidth="3" strokeLinecap="round" />
    <path d="M11 23c0-7 5-12 12-12" fill="none" stroke="var(--accent)" strokeWidth="3" strokeLinecap="round" />
    <circle cx="21" cy="21" r="2.5" fill="currentColor" />
  </svg>
);

const themes = [
  { id: 'system', label: 'As the system', icon: <Monitor size={14} aria-hidden /> },
  { id: 'light', label: 'Light', icon: <Sun size={14} aria-hidden /> },
  { id: 'dark', label: 'Dark', icon: <Moon size={14} aria-hidden /> },
] as const;

function ThemeMenu({ on }: { on: boolean }) {
  const client = useClient();
  const theme = usePreferences()?.theme;
  return (
    <MenuTrigger>
      <Button className={on ? 'on' : ''}>
        <Sun {...icon} />
        Theme
      </Button>
      <Popover className="popover" placement="right bottom" offset={6}>
        <Menu
          className="listbox"
          aria-label="Theme"
          onAction={(key) => {
            const chosen = themes.find((each) => each.id === key);
            if (chosen) void setPreferences(client, { theme: chosen.id });
            else go({ view: 'preferences' });
          }}
        >
          {themes.map((each) => (
            <MenuItem key={each.id} id={each.id} textValue={each.label} className="option">
              {each.icon}
              <span>{each.label}</span>
              {theme === each.id && <small>in use</small>}
            </MenuItem>
          ))}
          <MenuItem id="preferences" textValue="Preferences" className="option apart">
            <Settings size={14} aria-hidden />
            <span>Preferences</span>
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
