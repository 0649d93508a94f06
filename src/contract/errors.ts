/** Every way in which a request can fail for a reason that a person can act on. `bug` is the one they cannot. */
export const errorCodes = [
  'bad-request', // a message, a command line or a setting that breaks a rule
  'bad-experiment', // an experiment or recipe file that breaks a rule
  'bad-file', // a file from outside that breaks its format's rules
  'not-found',
  'network', // a server that cannot be reached, or does not send the whole file
  'conflict', // the thing is in a state that forbids the request
  'not-finite', // training produced NaN or infinity
  'engine-died',
  'no-compute', // no compute library could be loaded
  'cannot-compile', // a step that cannot be recorded as a graph
  'damaged-checkpoint',
  'damaged-store',
  'newer-store', // the store was written by a newer Elbo
  'disk-full',
  'read-only',
  'cancelled',
  'unauthorised',
  'disconnected', // the other side of a connection went away
  'bug',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** An error as a value, as it crosses every process border. */
export interface ElboError {
  code: ErrorCode;
  /** One or two sentences: what is wrong. */
  message: string;
  /** The place: a file and byte, a field path such as `settings.latentSize`, a step and a term. */
  where?: string;
  /** What to do about it, as an imperative sentence. */
  repair?: string;
}

export type Result<T> = { ok: true; value: T } | { ok: false; error: ElboError };

/**
 * Thrown where input is refused, caught once at each border (api, engine protocol, command line) and passed on as its
 * `error`. Anything else that is thrown is a bug and becomes code `bug`.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(readonly error: ElboError) {
    super(error.message);
  }
}

/** Throws a {@link Refusal}. */
export function refuse(code: ErrorCode, message: string, place: { where?: string; repair?: string } = {}): never {
  throw new Refusal({ code, message, ...place });
}

/** What was thrown, as a value. Operating-system errors about space and permission get their own codes. */
export function errorFrom(thrown: unknown): ElboError {
  if (thrown instanceof Refusal) return thrown.error;
  const { code, path, message, stack } = thrown as Partial<Error> & { code?: string; path?: string };
  const where = path ? { where: path } : {};
  if (code === 'ENOSPC' || code === 'SQLITE_FULL')
    return { code: 'disk-full', message: 'The disk is full.', ...where, repair: 'Free some space, then resume.' };
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM' || code?.startsWith('SQLITE_READONLY'))
    return { code: 'read-only', message: 'This folder cannot be written to.', ...where, repair: 'Make it writable, or set ELBO_HOME to another folder.' };
  if (code?.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
    return { code: 'damaged-store', message: 'The store is damaged.', ...where, repair: 'Put a copy of it back, or set ELBO_HOME to another folder.' };
  if (code === 'ENOENT') return { code: 'not-found', message: 'There is no such file or folder.', ...where };
  return { code: 'bug', message: message ?? String(thrown), ...(stack ? { where: stack } : {}) };
}
