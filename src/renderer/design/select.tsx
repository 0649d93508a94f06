import type { ReactNode } from 'react';
import { ChevronDown } from 'lucide-react';
import { Button, FieldError, Label, ListBox, ListBoxItem, Popover, Select as AriaSelect, SelectValue, Text } from 'react-aria-components';
import type { Option } from './segmented';

export interface SelectProps<T extends string> {
  label: string;
  value: T | null;
  options: readonly (Option<T> & { description?: string; isDisabled?: boolean })[];
  onChange: (value: T) => void;
  /** `quiet`: small and without a frame, for a panel's sub-bar. The label is then heard, not seen. */
  variant?: 'field' | 'quiet';
  /** Seen beside the field by the caller's own layout; the label here is then only heard. */
  hideLabel?: boolean;
  help?: ReactNode;
  error?: string | undefined;
  isDisabled?: boolean;
  placeholder?: string;
}

/** Descriptions that are longer are sentences, which stand in a column. */
const aFewWords = 40;

export function Select<T extends string>({ label, value, options, onChange, variant = 'field', hideLabel, help, error, isDisabled = false, placeholder = 'Choose' }: SelectProps<T>) {
  const visible = variant === 'field' && !hideLabel;
  const isTold = options.some(({ description = '' }) => description.length > aFewWords);
  return (
    <AriaSelect
      className={`select ${variant}`}
      {...(!visible && { 'aria-label': label })}
      value={value}
      onChange={(key) => key !== null && onChange(key as T)}
      isInvalid={error !== undefined}
      isDisabled={isDisabled}
      placeholder={placeholder}
    >
      {visible && <Label className="field-label">{label}</Label>}
      <Button className="select-button">
        <SelectValue className="select-value" />
        <ChevronDown aria-hidden size={variant === 'quiet' ? 11 : 13} />
      </Button>
      {help && error === undefined && (
        <Text slot="description" className="field-help">
          {help}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
      <Popover className="popover" offset={4}>
        <ListBox className={`listbox ${isTold ? 'told' : ''}`}>
          {options.map((option) => (
            <ListBoxItem key={option.value} id={option.value} textValue={option.label} isDisabled={option.isDisabled ?? false} className="option">
              <span>{option.label}</span>
              {option.description && <small>{option.description}</small>}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
