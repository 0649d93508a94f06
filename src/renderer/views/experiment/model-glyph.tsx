import type { ReactElement } from 'react';
import type { ModelInfo } from '../../../contract/models';

const coder = <path d="M6 4l14 6v10L6 26zM50 4L36 10v10l14 6z" />;

// How each model works, drawn in a few strokes: what goes in at the left, what is learned in the accent colour.
const glyphs: Record<string, ReactElement> = {
  pca: (
    <>
      <path d="M10 25L46 5" className="accent" />
      {[3, -4, 2, -2, 4, -3, 2, -4, 1].map((off, i) => (
        <circle key={i} className="fill" r="1.4" cx={12 + i * 4} cy={24 - i * 2.2 + off} />
      ))}
    </>
  ),
  point: (
    <>
      {coder}
      <path d="M28 10v10" className="accent" strokeWidth="2.5" />
    </>
  ),
  distribution: (
    <>
      {coder}
      <path d="M22 20c3 0 4-10 6-10s3 10 6 10" className="accent" />
    </>
  ),
};

export function ModelGlyph({ model }: { model: ModelInfo }) {
  const kind = model.family === 'baselines' ? 'pca' : model.abilities.includes('prior') ? 'distribution' : 'point';
  return (
    <svg viewBox="0 0 56 30" className="glyph" aria-hidden="true">
      {glyphs[kind]}
    </svg>
  );
}
