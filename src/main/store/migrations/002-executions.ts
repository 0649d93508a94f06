/** Several runs of one start of a recipe. A run of before was alone in its own. */
export const executions = `
  ALTER TABLE runs ADD COLUMN variant TEXT;
  ALTER TABLE runs ADD COLUMN execution TEXT;
  ALTER TABLE runs ADD COLUMN measured INTEGER NOT NULL DEFAULT 0;
  UPDATE runs SET execution = id, measured = 1 WHERE recipe IS NOT NULL;
  CREATE INDEX runsByExecution ON runs (execution) WHERE execution IS NOT NULL;
`;
