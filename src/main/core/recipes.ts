import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { refuse } from '../../contract/errors';
import { parse } from '../../contract/parse';
import { recipeSchema, type Recipe } from '../../contract/recipes';

/** Every recipe of the folder, in the order of their file names, which begin with a number. @throws Refusal `bad-experiment`, naming the file and the field that breaks a rule */
export const readRecipes = (folder: string): Recipe[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => parse(recipeSchema, readJson(join(folder, name)), join(folder, name), 'bad-experiment'));

/** A JSON file from outside. @throws Refusal `bad-experiment` */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return refuse('bad-experiment', `This is no JSON: ${thrown.message}.`, { where: path });
    throw thrown;
  }
}
