import { useEffect, useSyncExternalStore } from 'react';
import { create } from 'zustand';
import { useClient, useQuery } from '../client/hooks';
import type { Client } from '../client/client';
import type { Preferences } from '../../contract/system';
import { toastError } from '../design/toast';

const remembered = 'elbo-theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');

// The browser keeps a copy, so that the first frame has the right theme before the core answers.
const usePreferencesStore = create<{ preferences: Preferences | null }>(() => ({ preferences: null }));

/** The person's preferences as the core keeps them; null until the first answer. */
export const usePreferences = (): Preferences | null => usePreferencesStore((state) => state.preferences);

export async function setPreferences(client: Client, part: Partial<Preferences>): Promise<void> {
  const before = usePreferencesStore.getState().preferences;
  if (before) usePreferencesStore.setState({ preferences: { ...before, ...part } });
  try {
    usePreferencesStore.setState({ preferences: await client.call('preferences.set', part) });
  } catch (thrown) {
    usePreferencesStore.setState({ preferences: before });
    toastError(thrown);
  }
}

/** `light` or `dark`, whichever is to be seen now. */
export function useTheme(): 'light' | 'dark' {
  const theme = usePreferences()?.theme ?? (localStorage.getItem(remembered) as Preferences['theme'] | null) ?? 'system';
  const systemIsDark = useSyncExternalStore(
    (listener) => {
      dark.addEventListener('change', listener);
      return () => dark.removeEventListener('change', listener);
    },
    () => dark.matches,
  );
  return theme === 'system' ? (systemIsDark ? 'dark' : 'light') : theme;
}

/** Asks for the preferences once and keeps the page in their theme. */
export function useAppliedTheme(): void {
  const client = useClient();
  const { data } = useQuery('preferences.get', {});
  useEffect(() => {
    if (data) usePreferencesStore.setState({ preferences: data });
  }, [client, data]);
  const preferences = usePreferences();
  const theme = useTheme();
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    if (preferences) localStorage.setItem(remembered, preferences.theme);
  }, [theme, preferences]);
}
