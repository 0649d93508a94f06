/** Which runs are of their recipe's full size: it may measure and check other things than the other. What was started before counts as of the other. */
export const fullSize = `ALTER TABLE runs ADD COLUMN "full" INTEGER NOT NULL DEFAULT 0;`;
