import type { CSSProperties } from 'react';

/** A slider with its name before it and its value behind it. `text` is the value as it is read. */
export function Slider({ label, value, text, minimum = 0, maximum, step, hideLabel = false, onChange }: { label: string; value: number; text: string; minimum?: number; maximum: number; step: number; hideLabel?: boolean; onChange: (value: number) => void }) {
  const part = maximum > minimum ? (value - minimum) / (maximum - minimum) : 0;
  return (
    <label className="temperature">
      {!hideLabel && <span>{label}</span>}
      <input
        type="range"
        className="slider"
        aria-label={label}
        aria-valuetext={text}
        min={minimum}
        max={maximum}
        step={step}
        value={value}
        style={{ '--part': `${100 * part}%` } as CSSProperties}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      <b className="strong tabular">{text}</b>
    </label>
  );
}
