/** The first schema. Columns are named as the properties they hold; JSON texts are parsed where they are read. */
export const runsAndMetrics = `
  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    error TEXT,
    experiment TEXT NOT NULL,
    recipe TEXT,
    step INTEGER NOT NULL DEFAULT 0,
    checkpointStep INTEGER NOT NULL DEFAULT 0,
    createdAt TEXT NOT NULL,
    startedAt TEXT,
    endedAt TEXT,
    owner TEXT,
    compute TEXT,
    abilities TEXT NOT NULL DEFAULT '[]',
    parameterCount INTEGER,
    latentSize INTEGER
  ) STRICT;
  CREATE INDEX runsByCreation ON runs (createdAt, id);

  -- The latest value lies here, so that a listing reads no metrics.
  CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    runId TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    split TEXT NOT NULL,
    unit TEXT NOT NULL,
    latestStep INTEGER NOT NULL,
    latestValue REAL NOT NULL,
    UNIQUE (runId, name, split)
  ) STRICT;

  CREATE TABLE metrics (
    seriesId INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (seriesId, step)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE evaluations (
    runId TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    metric TEXT NOT NULL,
    value REAL NOT NULL,
    standardError REAL,
    unit TEXT NOT NULL,
    estimator TEXT NOT NULL,
    k INTEGER,
    split TEXT NOT NULL,
    protocol TEXT NOT NULL,
    n INTEGER NOT NULL,
    step INTEGER NOT NULL,
    PRIMARY KEY (runId, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE preferences (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;
