import temml from 'temml';
import { describe, expect, it } from 'vitest';
import { modelDefinitions } from './registry';

describe.each(modelDefinitions.map((definition) => [definition.id, definition] as const))('the page of %s', (_, { page, summary, objective }) => {
  it.each(page.formulas)('typesets %s', (tex) => {
    const math = temml.renderToString(tex, { displayMode: true, throwOnError: true });
    expect(math).toMatch(/^<math/);
    expect(math).not.toMatch(/merror|<script|on\w+=/);
  });

  it('says in sentences how it works, what its letters are and what to look at, and none of it twice', () => {
    expect(page.formulas.length).toBeGreaterThan(0);
    for (const text of [page.idea, page.symbols, page.lookAt]) expect(text).toMatch(/^\S.{20,}\.$/);
    expect(new Set([page.idea, page.symbols, page.lookAt, summary, objective]).size).toBe(5);
  });
});
