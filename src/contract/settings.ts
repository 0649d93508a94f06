import { z } from 'zod';

/** What a form needs to know of one setting. Read off the zod schema, so that a field is described in one place. */
export interface SettingField {
  key: string;
  title: string;
  /** One sentence: what it does. */
  help: string;
  unit: string;
  kind: 'integer' | 'number' | 'choice' | 'boolean' | 'integers';
  default: SettingValue;
  minimum?: number;
  maximum?: number;
  choices?: string[];
  when?: When;
}

/** When a setting is in force: where one of these other settings has one of these values. Elsewhere it changes nothing. */
export type When = Record<string, string[]>;

export type SettingValue = number | string | boolean | number[];

export type SettingsSchema = z.ZodObject<Record<string, z.ZodType>>;

/** Attaches title, unit, help and when it is in force to a field: `described(z.number().int().min(1).default(2), { … })`. */
export function described<S extends z.ZodType>(field: S, meta: { title: string; unit?: string; help: string; when?: When }): S {
  return field.meta({ unit: '', ...meta }) as S;
}

interface JsonField {
  title?: string;
  unit?: string;
  help?: string;
  when?: When;
  type?: string;
  default?: SettingValue;
  minimum?: number;
  maximum?: number;
  enum?: string[];
  items?: JsonField;
}

/**
 * The fields of a settings schema, in its order.
 * @throws Error (a bug) when a field lacks a default, a title or a help sentence, or is of a kind that no form can show
 */
export function describeSettings(schema: SettingsSchema): SettingField[] {
  const json = z.toJSONSchema(schema, { io: 'input' }) as { properties?: Record<string, JsonField> };
  return Object.entries(json.properties ?? {}).map(([key, field]) => {
    const kind = kindOf(field);
    if (!kind || field.default === undefined || !field.title || !field.help)
      throw new Error(`Setting ${key} needs a title, a help sentence, a default and a known kind.`);
    const bounds = field.items ?? field;
    return {
      key,
      title: field.title,
      help: field.help,
      unit: field.unit ?? '',
      kind,
      default: field.default,
      ...(bounds.minimum !== undefined && { minimum: bounds.minimum }),
      ...(bounds.maximum !== undefined && { maximum: bounds.maximum }),
      ...(field.enum && { choices: field.enum }),
      ...(field.when && { when: field.when }),
    };
  });
}

/** The fields that are in force under these settings; a setting that is not given has its default. */
export function inForce(fields: readonly SettingField[], settings: Record<string, SettingValue>): SettingField[] {
  const valueOf = (key: string): string => String(settings[key] ?? fields.find((field) => field.key === key)?.default);
  return fields.filter(({ when }) => !when || Object.entries(when).some(([key, values]) => values.includes(valueOf(key))));
}

/** A sentence about what a setting lets rise over more steps than the run has; undefined where it comes to its end, and of other settings. */
export const cutShort = ({ title, unit }: SettingField, value: SettingValue, steps: number): string | undefined =>
  unit === 'steps' && Number(value) > steps ? `${title}: ${Number(value).toLocaleString('en')}, and the run has ${steps.toLocaleString('en')}. What rises over them stops part of the way.` : undefined;

/** `network = mlp`, `posterior = iaf, or prior = realnvp or maf`; empty for a setting that always is in force. */
export const whenInWords = ({ when = {} }: Pick<SettingField, 'when'>): string =>
  Object.entries(when).map(([key, values]) => `${key} = ${values.join(' or ')}`).join(', or ');

function kindOf(field: JsonField): SettingField['kind'] | undefined {
  if (field.enum) return 'choice';
  if (field.type === 'array' && field.items?.type === 'integer') return 'integers';
  return field.type === 'integer' || field.type === 'number' || field.type === 'boolean' ? field.type : undefined;
}
