import { z } from 'zod';
import { refuse, type ErrorCode } from './errors';

// The renderer's content security policy forbids code made from strings, which zod's fast path uses.
z.config({ jitless: true });

/**
 * Parses `value` by `schema`.
 * @param where what the value is, for the message: `request runs.create`, a file's path
 * @throws Refusal with `code`, naming the first field that breaks a rule and the rule
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, where: string, code: ErrorCode = 'bad-request'): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  return refuse(code, `${field ? `${field}: ` : ''}${issue?.message ?? 'does not fit'}`, { where: field ? `${where}, ${field}` : where });
}
