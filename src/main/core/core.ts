import { setInterval } from 'node:timers';
import { requests, type Answers, type Core, type CoreEvent, type FromCore, type Method, type ParsedParams } from '../../contract/api';
import { activeStatuses } from '../../contract/runs';
import { errorFrom, refuse } from '../../contract/errors';
import { parse } from '../../contract/parse';
import { openStore } from '../store/store';
import { Datasets } from './datasets';
import { defaultEngineCommand, type EngineCommand } from './launch-engine';
import { listModels } from './models';
import { readRecipes, Recipes, type RecipeFiles } from './recipes';
import { Runs } from './runs';
import { doctor, systemInfo } from './system';

export interface CoreOptions {
  /** The store's folder; made if it is not there. */
  home: string;
  /** The folder of built-in data sets and recipes. */
  resources: string;
  /** How engines are started; by default `engine.js` beside this bundle, on a plain Node. */
  engineCommand?: EngineCommand;
  /** Publish what other processes write to the same store. Off for a command that runs once. */
  watch?: boolean;
}

type Services = { [M in Method]: (params: ParsedParams<M>) => Answers[M] | Promise<Answers[M]> };

const watchEveryMs = 1000;

/** Opens the store, marks runs whose process is gone as interrupted, installs the built-in data sets. @throws Refusal */
export async function createCore({ home, resources, engineCommand, watch = true }: CoreOptions): Promise<Core> {
  const listeners = new Set<(event: CoreEvent) => void>();
  const publish = (event: CoreEvent): void => listeners.forEach((listener) => listener(event));
  const command = (): EngineCommand => engineCommand ?? defaultEngineCommand();

  const store = openStore(home);
  const datasets = new Datasets(home, publish);
  await datasets.install(resources);
  const runs: Runs = new Runs({ store, home, datasets, command, publish, ended: (run) => recipes.ended(run) });
  const read = (): RecipeFiles => readRecipes(resources, home);
  const recipes = new Recipes({ store, datasets, runs, read, publish });

  const services: Services = {
    'system.info': () => systemInfo(home, runs.compute),
    'system.doctor': () => doctor(home, command),
    'preferences.get': () => store.preferences.get(),
    'preferences.set': ({ theme, onClose }) => store.preferences.set({ ...(theme && { theme }), ...(onClose && { onClose }) }),
    'models.list': () => listModels(datasets.list()),
    'recipes.list': () => read().recipes,
    'recipes.problems': () => read().problems,
    'recipes.start': (request) => recipes.start(request),
    'recipes.execution': ({ execution }) => recipes.get(execution),
    'recipes.stop': ({ execution }) => recipes.stop(execution),
    'recipes.measure': ({ execution }) => recipes.measure(execution),
    'datasets.list': () => datasets.list(),
    'datasets.page': (range) => datasets.page(range),
    'datasets.preview': (request) => datasets.preview(request),
    'datasets.import': (request) => datasets.import(request),
    'datasets.sources': () => datasets.sources(),
    'datasets.fetch': (request) => datasets.fetch(request),
    'datasets.cancelImport': ({ id }) => datasets.cancelImport(id),
    'datasets.remove': ({ id }) => datasets.remove(id, runs.list().filter(({ status, experiment }) => experiment.data === id && activeStatuses.includes(status)).map(({ name }) => name)),
    'runs.list': () => runs.list(),
    'runs.get': ({ id }) => {
      const run = runs.get(id);
      return { ...run, checks: recipes.checksOf(run.execution) };
    },
    'runs.create': ({ experiment }) => runs.create(experiment),
    'runs.check': ({ experiment }) => runs.check(experiment),
    'runs.pause': ({ id }) => runs.pause(id),
    'runs.continue': ({ id }) => runs.continue(id),
    'runs.stop': ({ id }) => runs.stop(id),
    'runs.resume': ({ id }) => runs.resume(id),
    'runs.rename': ({ id, name }) => runs.rename(id, name),
    'runs.remove': ({ id }) => runs.remove(id),
    'runs.curves': (range) => runs.curves(range),
    'runs.probe': ({ id, probe, data }) => (data === undefined ? runs.probe(id, probe) : runs.probeOther(id, probe, data)),
    'runs.measure': ({ id, measurement }) => runs.measure(id, measurement),
    'runs.cancelMeasure': ({ id }) => runs.cancelMeasure(id),
    'runs.log': ({ id }) => runs.log(id),
  };

  const watching = watch
    ? setInterval(() => {
        runs.noticeOthers();
        datasets.noticeOthers();
      }, watchEveryMs)
    : undefined;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    clearInterval(watching);
    datasets.close();
    await recipes.close();
    await runs.close();
    store.close();
    listeners.clear();
  };

  return {
    async call(method, params) {
      if (!Object.hasOwn(requests, method)) refuse('bad-request', `There is no request "${String(method).slice(0, 64)}".`, { where: 'method' });
      if (closing) refuse('disconnected', 'Elbo is closing.', { repair: 'Start it again.' });
      const parsed = parse(requests[method], params, `request ${method}`) as ParsedParams<typeof method>;
      return services[method](parsed);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => (closing ??= close()),
  };
}

/** Answers one message of a transport. Whatever `message` is, the answer is a value; its id is -1 where the message has none. */
export async function handle(core: Core, message: unknown): Promise<Exclude<FromCore, { event: unknown }>> {
  const { id, method, params } = (typeof message === 'object' && message !== null ? message : {}) as { id?: unknown; method?: unknown; params?: unknown };
  const answerTo = typeof id === 'number' ? id : -1;
  try {
    if (answerTo === -1) refuse('bad-request', 'A message is { id, method, params } with a number as its id.', { where: 'id' });
    return { id: answerTo, value: await core.call(method as Method, params as never) };
  } catch (thrown) {
    return { id: answerTo, error: errorFrom(thrown) };
  }
}
