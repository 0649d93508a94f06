import type { Command } from 'commander';
import type { Core } from '../../contract/api';
import { errorFrom, refuse } from '../../contract/errors';
import { measurementInfos, measurementSchema, type Measurement, type MeasurementInfo } from '../../contract/measurements';
import { parse } from '../../contract/parse';
import { exitCodeOf, onInterrupt } from './follow';
import { describeError, evaluationTable, print, printJson, say } from './output';
import { barOf, linesOf } from './progress';
import { idOf, json, show, withCore, type Json } from './shared';

const common = `Each also takes "split" ("test" where it is left out), "seed" (0) and "limit": so many examples, dealt out of the split, always the same ones.`;

/** `elbo measure`. */
export function addMeasure(program: Command): void {
  program
    .command('measure')
    .description('measure a trained model, and keep the numbers with the run; without a measurement, the ones that fit the run; Ctrl+C cancels')
    .argument('<run>', 'its id, the beginning of its id, or its name')
    .argument('[measurement]', 'a name, as "samples"; with parameters as JSON: \'{"measure": "samples", "count": 500}\'')
    .addOption(json())
    .addHelpText('after', () => `\nMeasurements:\n${listing(measurementInfos())}\n\n${common}`)
    .action((given: string, asked: string | undefined, options: Json) =>
      withCore(async (core) => {
        const id = await idOf(core, given);
        if (asked !== undefined) return measure(core, id, measurementFrom(asked), options.json === true);
        const fitting = measurementInfos(await core.call('runs.get', { id }));
        show(options, fitting, `${listing(fitting)}\n\n${common}`);
        return 0;
      }),
    );
}

/** A measurement by its name alone, or as JSON. @throws Refusal that names what is wrong or missing */
export function measurementFrom(text: string): Measurement {
  const asked = text.trimStart().startsWith('{') ? jsonOf(text) : { measure: text };
  const named = (asked as { measure?: unknown }).measure;
  const infos = measurementInfos();
  const info = infos.find(({ measure: name }) => name === named);
  if (!info) return refuse('bad-request', `There is no measurement "${String(named)}".`, { where: 'measurement', repair: `Choose one of ${infos.map(({ measure: name }) => name).join(', ')}.` });
  try {
    return parse(measurementSchema, asked, `measurement ${info.measure}`);
  } catch (thrown) {
    const { message, where } = errorFrom(thrown);
    const takes = info.parameters.map(inWords).join('; ');
    return refuse('bad-request', message, { ...(where && { where }), repair: takes === '' ? 'It takes "split", "seed" and "limit" alone.' : `It takes ${takes}; and "split", "seed", "limit". Give them as JSON: '{"measure": "${info.measure}", …}'.` });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    return refuse('bad-request', `This is no JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { where: 'measurement', repair: 'Put it into single quotes, and every key and text inside into double ones.' });
  }
}

const inWords = ({ name, type, default: value, required }: MeasurementInfo['parameters'][number]): string => `"${name}" (${type}; ${value !== undefined ? `${JSON.stringify(value)} where it is left out` : required ? 'must be given' : 'may be left out'})`;

const listing = (infos: MeasurementInfo[]): string => infos.map(({ measure: name, what, parameters }) => [`  ${name.padEnd(20)}${what}`, ...parameters.map((parameter) => `  ${''.padEnd(22)}${inWords(parameter)}`)].join('\n')).join('\n');

/** Measures a run, telling how far it is, and prints what came out. @returns the exit code */
export async function measure(core: Core, id: string, measurement: Measurement, asJson: boolean): Promise<number> {
  const things = measurement.measure === 'likelihood' ? 'draws' : 'done';
  const progress = process.stderr.isTTY ? barOf(things) : linesOf(things, say);
  const end = core.subscribe((event) => {
    if (event.type === 'progress' && event.what === `measure ${id}`) progress.tell(event.done, event.total);
  });
  let signal: NodeJS.Signals | null = null;
  onInterrupt((name) => {
    signal = name;
    core.call('runs.cancelMeasure', { id }).catch(() => undefined);
  });
  try {
    const evaluations = await core.call('runs.measure', { id, measurement });
    progress.stop();
    if (asJson) printJson({ run: id, evaluations });
    else print(evaluationTable(evaluations));
    return 0;
  } catch (thrown) {
    progress.stop();
    const error = errorFrom(thrown);
    if (!signal || error.code !== 'cancelled') throw thrown;
    if (asJson) printJson({ error });
    else say(describeError(error));
    return exitCodeOf(signal);
  } finally {
    end();
  }
}
