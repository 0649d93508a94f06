import temml from 'temml';

/** Chromium typesets MathML from version 109 on. */
const typesets = typeof MathMLElement !== 'undefined';

/** LaTeX as MathML, without inline styles. @throws Error (a bug) on a command that Temml does not know */
export const mathml = (tex: string): string => temml.renderToString(tex, { displayMode: true, throwOnError: true }).replace(/ style="[^"]*"/g, '');

interface FormulaProps {
  /** Each on a line of its own. They are written in Elbo's own code: nothing of a person's gets here. */
  formulas: readonly string[];
  /** What is shown where formulas cannot be typeset. */
  plain: string;
}

export function Formula({ formulas, plain }: FormulaProps) {
  if (!typesets) return <code className="mono formula-plain">{plain}</code>;
  return (
    <div className="formula">
      {formulas.map((tex) => (
        <div key={tex} tabIndex={0} dangerouslySetInnerHTML={{ __html: mathml(tex) }} />
      ))}
    </div>
  );
}
