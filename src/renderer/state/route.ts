import { useSyncExternalStore } from 'react';

/** Where the person is. Stands in the address's hash, so that back, forward and a reload work. */
export type Route =
  | { view: 'runs' }
  | { view: 'run'; id: string }
  | { view: 'new'; recipe?: string; run?: string; data?: string; model?: string }
  | { view: 'compare'; ids: string[] }
  | { view: 'data'; id?: string }
  | { view: 'recipes'; id?: string }
  | { view: 'models'; id?: string }
  | { view: 'compute' }
  | { view: 'preferences' };

/** The hash of a route: `#/run/abc`, `#/compare/a,b`, `#/new?recipe=x`. */
export function href(route: Route): string {
  const part = (text: string): string => encodeURIComponent(text);
  switch (route.view) {
    case 'run':
      return `#/run/${part(route.id)}`;
    case 'compare':
      return `#/compare/${route.ids.map(part).join(',')}`;
    case 'new': {
      const from = (['recipe', 'run', 'data', 'model'] as const).find((key) => route[key] !== undefined);
      return from ? `#/new?${from}=${part(route[from] ?? '')}` : '#/new';
    }
    case 'data':
    case 'models':
    case 'recipes':
      return route.id ? `#/${route.view}/${part(route.id)}` : `#/${route.view}`;
    default:
      return `#/${route.view}`;
  }
}

/** A part of an address; one that is no valid encoding stays as it is written, and names nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The route of a hash; anything unknown is the list of runs. */
export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [view, rest = ''] = path.split('/');
  const id = decoded(rest);
  switch (view) {
    case 'run':
      return id ? { view, id } : { view: 'runs' };
    case 'compare':
      return { view, ids: rest.split(',').filter(Boolean).map(decoded) };
    case 'new': {
      const asked = Object.fromEntries(new URLSearchParams(query));
      return { view, ...(asked['recipe'] && { recipe: asked['recipe'] }), ...(asked['run'] && { run: asked['run'] }), ...(asked['data'] && { data: asked['data'] }), ...(asked['model'] && { model: asked['model'] }) };
    }
    case 'data':
    case 'models':
    case 'recipes':
      return id ? { view, id } : { view };
    case 'compute':
    case 'preferences':
      return { view };
    default:
      return { view: 'runs' };
  }
}

export const go = (route: Route): void => void (location.hash = href(route));

let last: { hash: string; route: Route } = { hash: '', route: { view: 'runs' } };
const current = (): Route => {
  if (location.hash !== last.hash) last = { hash: location.hash, route: routeOf(location.hash) };
  return last.route;
};

export const useRoute = (): Route =>
  useSyncExternalStore((listener) => {
    window.addEventListener('hashchange', listener);
    return () => window.removeEventListener('hashchange', listener);
  }, current);
