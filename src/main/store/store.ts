import { requests } from '../../contract/api';
import { parse } from '../../contract/parse';
import { defaultPreferences, type Preferences } from '../../contract/system';
import { metricsOf, type Metrics } from './metrics';
import { openDatabase } from './open';
import { evaluationsOf, runsOf, type Evaluations, type Runs } from './runs';

export { latestKey, type MetricRow } from './metrics';
export type { NewRun, RunPatch, StoredRun } from './runs';

export interface Store {
  runs: Runs;
  metrics: Metrics;
  evaluations: Evaluations;
  preferences: {
    get(): Preferences;
    set(patch: Partial<Preferences>): Preferences;
  };
  /** True when another process wrote since the last call. */
  changed(): boolean;
  close(): void;
}

/**
 * Opens `elbo.sqlite` in `home`; makes both where they are missing. Several processes may hold it open.
 * @throws Refusal `read-only`, `damaged-store`, `newer-store`, naming the file
 */
export function openStore(home: string): Store {
  return openDatabase(home, (db) => {
    const version = (): unknown => db.pragma('data_version', { simple: true });
    let seen = version();
    const getPreferences = db.prepare<[], { key: string; value: string }>('SELECT key, value FROM preferences');
    const setPreference = db.prepare('INSERT INTO preferences VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value');
    const preferences = {
      get(): Preferences {
        const stored = Object.fromEntries(getPreferences.all().map(({ key, value }) => [key, value]));
        const { theme, onClose } = parse(requests['preferences.set'], stored, 'preferences', 'damaged-store');
        return { theme: theme ?? defaultPreferences.theme, onClose: onClose ?? defaultPreferences.onClose };
      },
      set: db.transaction((patch: Partial<Preferences>) => {
        for (const [key, value] of Object.entries(patch)) setPreference.run(key, value);
        return preferences.get();
      }),
    };
    return {
      runs: runsOf(db),
      metrics: metricsOf(db),
      evaluations: evaluationsOf(db),
      preferences,
      changed() {
        const before = seen;
        seen = version();
        return seen !== before;
      },
      close: () => void db.close(),
    };
  });
}
