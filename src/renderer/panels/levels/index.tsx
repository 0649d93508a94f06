import { useRef, useState } from 'react';
import { Dices } from 'lucide-react';
import { Select } from '../../design';
import { formatCount } from '../../format';
import { Answered, Frame } from '../frame';
import { hottest, noiseSeed } from '../linked';
import { definePanel, picturesOnly } from '../panel';
import { PictureGrid, useSaveAction, SizedBody } from '../picture-grid';
import { canBeAsked, useAsked, useProbe, useScopeRun } from '../run-scope';
import { Slider } from '../slider';
import { levelName } from '../terms';

const columns = 8;
const rows = 8;

const holdText = (held: number): string => (held === 0 ? 'sample all' : held === 1 ? `hold ${levelName(0)}` : `hold levels 1 to ${held}`);

function Levels() {
  const run = useScopeRun();
  const probe = useProbe();
  const [temperatures, setTemperatures] = useState<readonly number[]>([]);
  const [held, setHeld] = useState(0);
  const [heldSeed, setHeldSeed] = useState(1);
  const asked = useAsked(canBeAsked(run) ? JSON.stringify([temperatures, held, heldSeed]) : null, () =>
    probe({ kind: 'levels', count: columns * rows, temperatures: [...temperatures], held, seed: noiseSeed, heldSeed }),
  );
  const canvas = useRef<HTMLCanvasElement>(null);
  const sizes = asked.answer?.value.sizes ?? [];
  const heat = (level: number): number => temperatures[level] ?? 1;
  const menu = [
        useSaveAction(run.name, 'levels', canvas, Boolean(asked.answer)),
        { id: 'draw', label: 'Draw the held levels anew', icon: <Dices aria-hidden size={14} />, isDisabled: held === 0, onAction: () => setHeldSeed((seed) => seed + 1) },
        { id: 'one', label: 'All temperatures to 1', onAction: () => setTemperatures([]) },
      ];
  return (
    <Frame
      step={asked.answer?.step ?? null}
      badge={`prior · seed ${noiseSeed}`}
      sub={
        <>
          <Select
            label="Which levels all samples share"
            variant="quiet"
            value={String(held)}
            options={Array.from({ length: Math.max(1, sizes.length) }, (_, level) => ({ value: String(level), label: holdText(level) }))}
            onChange={(value) => setHeld(Number(value))}
          />
          <span className="spacer" />
          <span className="faint small tabular">{sizes.length > 0 && `${sizes.length} levels, ${formatCount(sizes.reduce((sum, size) => sum + size, 0))} numbers`}</span>
        </>
      }
      menu={menu}
    >
      <div className="with-sliders">
        <SizedBody className="centred">
          {(size) => <Answered asked={asked}>{({ pictures }) => <PictureGrid pictures={pictures} label={`${pictures.count} samples, ${holdText(held)}`} columns={columns} rows={rows} size={size} handle={canvas} />}</Answered>}
        </SizedBody>
        {sizes.length > 0 && (
          <div className="sliders">
            <span className="faint small">Temperature of each level, and how many numbers it has</span>
            {sizes.map((size, level) => (
              <Slider
                key={level}
                label={`${levelName(level)} · ${formatCount(size)}`}
                value={heat(level)}
                text={heat(level).toFixed(2)}
                maximum={hottest}
                step={0.05}
                onChange={(value) => setTemperatures(sizes.map((_, other) => (other === level ? value : heat(other))))}
              />
            ))}
          </div>
        )}
      </div>
    </Frame>
  );
}

export const levels = definePanel({
  id: 'levels',
  title: 'Levels',
  needs: ['levels'],
  suits: picturesOnly,
  help: {
    shows: 'Samples of a model with several levels of latent variables, level 1 the top one. Held levels take one draw, the same for all samples; the others take their own. Each level has a temperature of its own: its noise is multiplied by it.',
    formula: 'level 1: z₁ = T₁ ε₁,  level 2: z₂ ~ p(z₂ | z₁) at T₂,  ...        x = E p(x | z₁, z₂, ...)',
    read: 'Hold level 1, then levels 1 and 2: what still varies is what the lower levels decide. In a hierarchy that uses its levels the samples grow alike level by level; if nothing changes when a level is held, that level is not used. Temperature 0 at a level shows its most typical choice.',
    source: 'Vahdat and Kautz, "NVAE" (2020), section 4.2; Sønderby et al., "Ladder variational autoencoders" (2016); lecture 002.',
  },
  component: Levels,
});
