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
}

export type SettingValue = number | string | boolean | number[];

export type SettingsSchema = z.ZodObject<Record<string, z.ZodType>>;

/** Attaches title, unit and help to a field: `described(z.number().int().min(1).default(2), { … })`. */
export function described<S extends z.ZodType>(field: S, meta: { title: string; unit?: string; help: string }): S {
  return field.meta({ title: meta.title, unit: meta.unit ?? '', help: meta.help }) as S;
}

interface JsonField {
  title?: string;
  unit?: string;
  help?: string;
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
    };
  });
}

function kindOf(field: JsonField): SettingField['kind'] | undefined {
  if (field.enum) return 'choice';
  if (field.type === 'array' && field.items?.type === 'integer') return 'integers';
  return field.type === 'integer' || field.type === 'number' || field.type === 'boolean' ? field.type : undefined;
}
