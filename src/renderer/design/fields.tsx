import { useState, type KeyboardEvent, type ReactNode } from 'react';
import { Search, X } from 'lucide-react';
import { Button, FieldError, Group, Input, Label, Text, TextArea as AriaTextArea, TextField as AriaTextField } from 'react-aria-components';
import { Kbd } from './kbd';

export interface TextFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hideLabel?: boolean;
  /** After the text, in a fainter ink: a unit. */
  unit?: string;
  help?: ReactNode;
  error?: string | undefined;
  placeholder?: string;
  isDisabled?: boolean;
  autoFocus?: boolean;
  inputMode?: 'text' | 'decimal' | 'numeric';
  mono?: boolean;
  onKeyDown?: (event: KeyboardEvent) => void;
  onBlur?: () => void;
}

export function TextField(props: TextFieldProps) {
  const { label, value, onChange, hideLabel, unit, help, error, placeholder = '', isDisabled = false, autoFocus = false, inputMode = 'text', mono, onKeyDown, onBlur } = props;
  return (
    <AriaTextField
      className={`text-field ${mono ? 'mono' : ''}`}
      {...(hideLabel && { 'aria-label': label })}
      value={value}
      onChange={onChange}
      isInvalid={error !== undefined}
      isDisabled={isDisabled}
      autoFocus={autoFocus}
      {...(onBlur && { onBlur })}
    >
      {!hideLabel && <Label className="field-label">{label}</Label>}
      <Group className="field-box">
        <Input inputMode={inputMode} placeholder={placeholder} spellCheck={false} autoComplete="off" {...(onKeyDown && { onKeyDown })} />
        {unit && <span className="unit">{unit}</span>}
      </Group>
      {help && error === undefined && (
        <Text slot="description" className="field-help">
          {help}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </AriaTextField>
  );
}

export function TextArea({ label, value, onChange, rows = 6, error, placeholder = '' }: { label: string; value: string; onChange: (value: string) => void; rows?: number; error?: string | undefined; placeholder?: string }) {
  return (
    <AriaTextField className="text-field mono" value={value} onChange={onChange} isInvalid={error !== undefined}>
      <Label className="field-label">{label}</Label>
      <AriaTextArea className="text-area" rows={rows} placeholder={placeholder} spellCheck={false} />
      <FieldError className="field-error">{error}</FieldError>
    </AriaTextField>
  );
}

export interface NumberFieldProps extends Omit<TextFieldProps, 'value' | 'onChange' | 'inputMode' | 'onKeyDown' | 'onBlur'> {
  value: number;
  /** Called with every number that can be read, also one outside the bounds: the field says so, the caller may still refuse it. */
  onChange: (value: number) => void;
  minimum?: number | undefined;
  maximum?: number | undefined;
  /** Whole numbers only. */
  integer?: boolean;
}

/**
 * A number as scientists write them: `1e-4` and `10,000` are understood, arrows change the last digit that stands
 * there. Text that is no number stays, with a sentence, and the value keeps its last number.
 */
export function NumberField({ value, onChange, minimum, maximum, integer = false, error, ...rest }: NumberFieldProps) {
  const [draft, setDraft] = useState<string>();
  const text = draft ?? (integer && Math.abs(value) >= 10_000 ? value.toLocaleString('en') : String(value));
  const problem = numberProblem(text, { minimum, maximum, integer });
  const write = (next: string): void => {
    setDraft(next);
    const number = readNumber(next);
    if (Number.isFinite(number)) onChange(number);
  };
  return (
    <TextField
      {...rest}
      value={text}
      onChange={write}
      inputMode={integer ? 'numeric' : 'decimal'}
      error={problem ?? error}
      onBlur={() => !problem && setDraft(undefined)}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
        event.preventDefault();
        const next = nudged(value, event.key === 'ArrowUp' ? 1 : -1, integer);
        setDraft(undefined);
        onChange(Math.min(maximum ?? Infinity, Math.max(minimum ?? -Infinity, next)));
      }}
    />
  );
}

/** NaN for text that is no number. */
export const readNumber = (text: string): number => (text.trim() === '' ? NaN : Number(text.replaceAll(',', '').trim()));

/** A sentence about what is wrong with the text, or undefined. */
export function numberProblem(text: string, rule: { minimum?: number | undefined; maximum?: number | undefined; integer?: boolean }): string | undefined {
  const number = readNumber(text);
  if (!Number.isFinite(number)) return 'Write a number.';
  if (rule.integer && !Number.isInteger(number)) return 'Write a whole number.';
  if (rule.minimum !== undefined && number < rule.minimum) return `At least ${rule.minimum}.`;
  if (rule.maximum !== undefined && number > rule.maximum) return `At most ${rule.maximum.toLocaleString('en')}.`;
  return undefined;
}

/** One up or down in the last digit that stands there: 10 → 11, 0.001 → 0.002, 1e-4 → 2e-4. */
function nudged(value: number, direction: 1 | -1, integer: boolean): number {
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const digits = mantissa.includes('.') ? mantissa.length - mantissa.indexOf('.') - 1 : 0;
  const unit = integer ? 1 : 10 ** (Number(exponent) - digits);
  return Number((value + direction * unit).toPrecision(12));
}

/** Filters a list as one types. Escape empties it, then leaves it. */
export function SearchField(props: { label: string; value: string; onChange: (value: string) => void; placeholder?: string; shortcut?: string; trailing?: ReactNode; onEnter?: () => void; onArrow?: (direction: 1 | -1) => void }) {
  const { label, value, onChange, placeholder = label, shortcut, trailing, onEnter, onArrow } = props;
  return (
    <AriaTextField aria-label={label} type="search" value={value} onChange={onChange} className="text-field search">
      <Group className="field-box">
        <Search aria-hidden size={14} />
        <Input
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          onKeyDown={(event) => {
            if (event.key === 'Enter') onEnter?.();
            if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
              if (!onArrow) return;
              event.preventDefault();
              onArrow(event.key === 'ArrowDown' ? 1 : -1);
            }
            if (event.key !== 'Escape') return;
            if (value) onChange('');
            else event.currentTarget.blur();
          }}
        />
        {trailing}
        {value ? (
          <Button aria-label={`Clear: ${label}`} className="button quiet icon-only small" onPress={() => onChange('')}>
            <X aria-hidden size={12} />
          </Button>
        ) : (
          shortcut && <Kbd>{shortcut}</Kbd>
        )}
      </Group>
    </AriaTextField>
  );
}
