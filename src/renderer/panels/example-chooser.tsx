import { ChevronLeft, ChevronRight } from 'lucide-react';
import { IconButton } from '../design';
import { formatCount } from '../format';

/** Which test example: one back, one on, round at the ends. */
export function ExampleChooser({ label, value, total, onChange, step = 1 }: { label: string; value: number; total: number; onChange: (value: number) => void; step?: number }) {
  const go = (by: number): void => onChange((((value + by) % total) + total) % total);
  return (
    <span className="chooser">
      <IconButton size="small" label={`${label}: one back`} icon={<ChevronLeft aria-hidden size={12} />} onPress={() => go(-step)} />
      <span className="tabular">
        {label} {formatCount(value)}
      </span>
      <IconButton size="small" label={`${label}: one on`} icon={<ChevronRight aria-hidden size={12} />} onPress={() => go(step)} />
    </span>
  );
}
