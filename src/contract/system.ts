/** One line of `elbo doctor`. */
export interface Finding {
  subject: string;
  state: 'ok' | 'missing' | 'broken' | 'note';
  text: string;
  /** Where it looked, or where the thing is. */
  where?: string;
  repair?: string;
}

export interface Doctor {
  /** What training would use now. */
  compute: { backend: 'tensorflow' | 'wasm' | 'none'; device: string; library: string; why: string; faster: string | null };
  versions: Record<string, string>;
  findings: Finding[];
}

export interface SystemInfo {
  version: string;
  home: string;
  storeBytes: number;
  freeBytes: number;
  cores: number;
  /** Null until the first engine has reported. */
  compute: { device: string; library: string } | null;
  /** How many runs train at once; more are queued. */
  slots: number;
}

/** Answers that are remembered for the person, by key. */
export interface Preferences {
  theme: 'system' | 'light' | 'dark';
  /** What closing the window does while something trains; `ask` until answered. */
  onClose: 'ask' | 'keep-training' | 'stop-and-quit';
}
export const defaultPreferences: Preferences = { theme: 'system', onClose: 'ask' };
