import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Refusal, refuse } from '../../contract/errors';
import { migrations } from './migrations';

export type Db = Database.Database;

/**
 * Opens the database `elbo.sqlite` in `home`, and returns what `prepare` makes of it. What fails until then is
 * refused by a sentence that names the file; the file itself is left as it is.
 */
export function openDatabase<T>(home: string, prepare: (db: Db) => T): T {
  const file = join(home, 'elbo.sqlite');
  let db: Db | undefined;
  try {
    mkdirSync(home, { recursive: true });
    // A command line and the window's core may write to one store: wait for each other.
    db = new Database(file, { timeout: 5000 });
    versionOf(db, file, migrations.length); // before the first thing that writes
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    db.exec('BEGIN IMMEDIATE; COMMIT'); // a store that cannot be written is refused now, not at the first metric
    migrate(db, file, migrations);
    return prepare(db);
  } catch (thrown) {
    db?.close();
    return refuseToOpen(thrown, file);
  }
}

/**
 * Applies the migrations that the database lacks, in one transaction, after a copy of an existing database is made beside it.
 * @throws Refusal `newer-store`, `damaged-store`
 */
export function migrate(db: Db, file: string, all: readonly string[]): void {
  db.transaction(() => {
    const version = versionOf(db, file, all.length);
    if (version === all.length) return;
    if (version > 0) backUp(file, version);
    for (const sql of all.slice(version)) db.exec(sql);
    db.pragma(`user_version = ${all.length}`);
  }).immediate();
}

function versionOf(db: Db, file: string, known: number): number {
  const { version, used } = db
    .prepare<[], { version: number; used: number }>('SELECT user_version AS version, EXISTS (SELECT 1 FROM sqlite_schema) AS used FROM pragma_user_version')
    .get() ?? { version: 0, used: 0 };
  if (version > known)
    refuse('newer-store', `This store was written by a newer Elbo (its version is ${version}, this Elbo knows ${known}).`, {
      where: file,
      repair: 'Open it with the newer Elbo, or set ELBO_HOME to another folder.',
    });
  if (version === 0 && used)
    refuse('damaged-store', 'This database was not made by Elbo.', { where: file, repair: 'Move it away, or set ELBO_HOME to another folder.' });
  return version;
}

/** A second connection sees the database as it was before the transaction that holds the write lock. */
function backUp(file: string, version: number): void {
  const reader = new Database(file, { readonly: true });
  try {
    const time = new Date().toISOString().replace(/[:.]/g, '-');
    reader.prepare('VACUUM INTO ?').run(file.replace(/\.sqlite$/, `-version-${version}-${time}.sqlite`));
  } finally {
    reader.close();
  }
}

function refuseToOpen(thrown: unknown, file: string): never {
  if (thrown instanceof Refusal) throw thrown;
  const code = (thrown as { code?: string }).code ?? '';
  const message = (thrown as Error).message;
  if (/^(EACCES|EPERM|EROFS|EEXIST|ENOTDIR|SQLITE_CANTOPEN|SQLITE_READONLY)/.test(code))
    refuse('read-only', `The store cannot be written to (${message}).`, { where: file, repair: 'Make its folder writable, or set ELBO_HOME to another folder.' });
  if (/^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(code))
    refuse('damaged-store', `The store is damaged (${message}). Nothing was changed.`, { where: file, repair: 'Move the file away and put a copy of it back, or set ELBO_HOME to another folder.' });
  throw thrown;
}
