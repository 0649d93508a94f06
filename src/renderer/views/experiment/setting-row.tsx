import { useState } from 'react';
import type { SettingField, SettingValue } from '../../../contract/settings';
import { NumberField, Segmented, Select, TextField } from '../../design';

interface SettingRowProps {
  field: SettingField;
  value: SettingValue;
  onChange: (value: SettingValue) => void;
  error?: string | undefined;
  isDisabled?: boolean;
}

/** One setting of a form, drawn from its description: name, control with its unit, and what it does or what is wrong with it. */
export function SettingRow({ field, value, onChange, error, isDisabled = false }: SettingRowProps) {
  const help = field.help;
  switch (field.kind) {
    case 'integer':
    case 'number':
      return (
        <div className="setting-row">
          <NumberField label={field.title} unit={field.unit} help={help} value={Number(value)} minimum={field.minimum} maximum={field.maximum} integer={field.kind === 'integer'} onChange={onChange} error={error} isDisabled={isDisabled} />
        </div>
      );
    case 'choice':
      return (
        <div className="setting-row">
          <Select label={field.title} help={help} value={String(value)} options={(field.choices ?? []).map((choice) => ({ value: choice, label: choice }))} onChange={onChange} error={error} isDisabled={isDisabled} />
        </div>
      );
    case 'boolean':
      return (
        <div className="setting-row">
          <span className="field-label">{field.title}</span>
          <Segmented label={field.title} size="medium" value={value ? 'on' : 'off'} options={onOff} onChange={(next) => onChange(next === 'on')} isDisabled={isDisabled} />
          <span className={error ? 'field-error' : 'field-help'}>{error ?? help}</span>
        </div>
      );
    case 'integers':
      return (
        <div className="setting-row">
          <WholeNumbers field={field} value={Array.isArray(value) ? value : []} onChange={onChange} error={error} isDisabled={isDisabled} />
        </div>
      );
  }
}

const onOff = [
  { value: 'off', label: 'Off' },
  { value: 'on', label: 'On' },
] as const;

/** Whole numbers separated by commas or spaces: `512, 256`. */
function WholeNumbers({ field, value, onChange, error, isDisabled }: { field: SettingField; value: number[]; onChange: (value: number[]) => void; error: string | undefined; isDisabled: boolean }) {
  const [draft, setDraft] = useState<string>();
  // What is being written stays as it is written, unless the numbers became others meanwhile.
  const text = draft !== undefined && (problemOf(draft, field) || String(numbersIn(draft)) === String(value)) ? draft : value.join(', ');
  const problem = problemOf(text, field);
  return (
    <TextField
      label={field.title}
      unit={field.unit}
      help={field.help}
      value={text}
      inputMode="numeric"
      isDisabled={isDisabled}
      error={problem ?? error}
      onChange={(next) => {
        setDraft(next);
        if (!problemOf(next, field)) onChange(numbersIn(next));
      }}
      onBlur={() => !problem && setDraft(undefined)}
    />
  );
}

const numbersIn = (text: string): number[] => text.split(/[\s,]+/).filter(Boolean).map(Number);

function problemOf(text: string, { minimum = -Infinity, maximum = Infinity }: SettingField): string | undefined {
  const numbers = numbersIn(text);
  if (!numbers.every(Number.isInteger)) return 'Write whole numbers, separated by commas.';
  if (numbers.some((each) => each < minimum || each > maximum)) return `Each from ${minimum} to ${maximum.toLocaleString('en')}.`;
  return undefined;
}
