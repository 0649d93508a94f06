import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';

export interface Option<T extends string> {
  value: T;
  label: string;
}

/** One of a few, all visible. `label` is its accessible name. */
export function Segmented<T extends string>(props: { label: string; value: T; options: readonly Option<T>[]; onChange: (value: T) => void; size?: 'small' | 'medium'; isDisabled?: boolean }) {
  return (
    <ToggleButtonGroup
      aria-label={props.label}
      className={`segmented ${props.size ?? 'small'}`}
      selectionMode="single"
      disallowEmptySelection
      isDisabled={props.isDisabled ?? false}
      selectedKeys={[props.value]}
      onSelectionChange={(keys) => {
        const [key] = keys;
        if (key !== undefined) props.onChange(key as T);
      }}
    >
      {props.options.map((option) => (
        <ToggleButton key={option.value} id={option.value}>
          {option.label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
