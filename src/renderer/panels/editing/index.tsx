import { useRef, useState } from 'react';
import type { Pictures } from '../../../contract/datasets';
import { damages, type Damage } from '../../../contract/probes';
import { Segmented } from '../../design';
import type { Size } from '../../plots/size';
import { Answered, Frame } from '../frame';
import { noiseSeed } from '../linked';
import { definePanel, isBijection, picturesOnly } from '../panel';
import { PictureGrid, useSaveAction, SizedBody } from '../picture-grid';
import { canBeAsked, useAsked, useProbe, useScopeRun } from '../run-scope';

const columns = 5;
const count = 40;
const between = 12;
const captionHeight = 16;

const names: Record<Damage, { label: string; given: string }> = {
  noise: { label: 'denoise', given: 'With noise' },
  'lower half': { label: 'complete', given: 'Upper half' },
  'fewer pixels': { label: 'enlarge', given: 'A quarter of the size' },
  colour: { label: 'colour', given: 'Without colour' },
};

function Editing() {
  const run = useScopeRun();
  const probe = useProbe();
  const [chosen, setDamage] = useState<Damage>('noise');
  const canvas = useRef<HTMLCanvasElement>(null);
  const reconstructs = run.abilities.includes('reconstruct');
  const possible = damages.filter((damage) => (damage === 'lower half' ? reconstructs || run.abilities.includes('complete') : reconstructs) && (damage !== 'colour' || run.dataset?.channels === 3));
  const damage = possible.includes(chosen) ? chosen : (possible[0] ?? 'lower half');
  const asked = useAsked(canBeAsked(run) ? `edit ${damage}` : null, () => probe({ kind: 'edit', split: 'test', offset: 0, count, damage, seed: noiseSeed }));
  const value = asked.answer?.value;
  const menu = [useSaveAction(run.name, 'editing', canvas, Boolean(value))];
  return (
    <Frame
      step={asked.answer?.step ?? null}
      badge={value && `${value.by}${value.by === 'completion' ? ', row by row' : ''} · test`}
      sub={<Segmented label="What to repair" value={damage} options={possible.map((value) => ({ value, label: names[value].label }))} onChange={setDamage} />}
      menu={menu}
    >
      <SizedBody>
        {(size) => (
          <Answered asked={asked}>
            {({ given, outputs, truth }) => {
              const block = { width: (size.width - 2 * between) / 3, height: size.height - captionHeight };
              return (
                <div className="side-by-side" style={{ gridTemplateColumns: 'repeat(3, auto)', columnGap: between }}>
                  <Block title={names[damage].given} pictures={given} size={block} />
                  <Block title="Output" pictures={outputs} size={block} handle={canvas} />
                  <Block title="Truth" pictures={truth} size={block} />
                </div>
              );
            }}
          </Answered>
        )}
      </SizedBody>
    </Frame>
  );
}

const Block = ({ title, pictures, size, handle }: { title: string; pictures: Pictures; size: Size; handle?: React.RefObject<HTMLCanvasElement | null> }) => (
  <figure className="block">
    <figcaption>{title}</figcaption>
    <PictureGrid pictures={pictures} label={`${title}, ${pictures.count}`} columns={columns} size={size} {...(handle && { handle })} />
  </figure>
);

export const editing = definePanel({
  id: 'editing',
  title: 'Editing',
  needs: [],
  suits: (run) => picturesOnly(run) ?? (isBijection(run) ? 'a flow gives back what it is given' : run.abilities.includes('reconstruct') || run.abilities.includes('complete') ? null : 'needs reconstruction or completion of a part'),
  help: {
    shows: 'Test images with something taken away, what the model makes of them, and the truth: noise (standard deviation 0.3; one pixel in ten turned over in binary images), the lower half, three of four pixels in each direction, or colour. A model that completes draws the missing half given the upper one, row by row from the top; others reconstruct the damaged image, and known pixels are put back.',
    formula: 'x̃ = damage(x)        x̂ = E p(x | z),  z = E q(z | x̃)',
    read: 'A model trained on clean images only takes what it has learned of them to the damaged one; a denoising model was trained for it and should do better. A blurred half is the mean of many that fit. The output need not be the truth, but should be likely given what is left.',
    source: 'Vincent et al., "Stacked denoising autoencoders" (2010); van den Oord et al., "Pixel recurrent neural networks" (2016), figure 9; lecture 001.',
  },
  component: Editing,
});
