import type { ReactElement } from 'react';
import type { ModelInfo } from '../../../contract/models';

const coder = <path d="M6 4l14 6v10L6 26zM50 4L36 10v10l14 6z" />;

type Kind = 'pca' | 'point' | 'distribution' | 'hierarchy' | 'autoregressive' | 'flow';

// How each model works, drawn in a few strokes: what goes in at the left, what is learned in the accent colour.
const glyphs: Record<Kind, ReactElement> = {
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
  // Levels of codes above each other, each given the one above.
  hierarchy: (
    <>
      <path d="M6 24h44M12 15h32M18 6h20" />
      <path d="M28 7.5v6M28 16.5v6M26 11l2 2.5 2-2.5M26 20l2 2.5 2-2.5" className="accent" />
    </>
  ),
  // Pixels so far, and the next one.
  autoregressive: (
    <>
      <path d="M14 3h28v24H14zM14 11h28M14 19h28M21 3v24M28 3v24M35 3v24" />
      <path d="M28.5 11.5h6v7h-6z" className="next" />
    </>
  ),
  // A straight grid and the bent one that it becomes.
  flow: (
    <>
      <path d="M4 5h16v20H4zM4 12h16M4 18h16M9 5v20M15 5v20" />
      <path d="M23 15h7M27.5 12.5L30 15l-2.5 2.5M34 8c6-5 12 4 18-1M34 15c6-5 12 4 18-1M34 22c6-5 12 4 18-1M34 8c2 5-2 9 0 14M43 7.5c2 5-2 9 0 14M52 7c2 5-2 9 0 14" className="accent" />
    </>
  ),
};

function kindOf({ family, abilities }: ModelInfo): Kind {
  if (abilities.includes('conditionals')) return 'autoregressive';
  if (family === 'flows') return 'flow';
  if (family === 'baselines') return 'pca';
  if (abilities.includes('levels')) return 'hierarchy';
  return abilities.includes('prior') ? 'distribution' : 'point';
}

export function ModelGlyph({ model }: { model: ModelInfo }) {
  return (
    <svg viewBox="0 0 56 30" className="glyph" aria-hidden="true">
      {glyphs[kindOf(model)]}
    </svg>
  );
}
