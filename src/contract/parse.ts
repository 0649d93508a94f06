import { z } from 'zod';
import { refuse, type ErrorCode } from './errors';

// `jitless`: the renderer's content security policy forbids code made from strings, which zod's fast path uses.
z.config({ jitless: true, customError: rule });

const kinds: Record<string, string> = { int: 'a whole number', number: 'a number', string: 'a text', boolean: 'true or false', array: 'a list', object: 'an object', record: 'an object' };

/** The broken rule as the end of a sentence that begins with the field; undefined leaves zod's own words. */
function rule(issue: z.core.$ZodRawIssue): string | undefined {
  const counted = 'origin' in issue && (issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' items' : '');
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : kinds[issue.expected] && `must be ${kinds[issue.expected]}`;
    case 'too_small':
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${counted || ''}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${counted || ''}`;
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
    case 'unrecognized_keys':
      return `does not know ${issue.keys.join(', ')}`;
    default:
      return undefined;
  }
}

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
  return refuse(code, `${field || 'It'} ${issue?.message ?? 'does not fit'}.`, { where: field ? `${where}, ${field}` : where });
}
