import { describe, expect, it } from 'vitest';
import { href, routeOf, type Route } from './route';

describe('a route', () => {
  it.each<Route>([{ view: 'runs' }, { view: 'run', id: 'a b/c' }, { view: 'new' }, { view: 'new', recipe: 'vae-x' }, { view: 'new', run: 'r1' }, { view: 'compare', ids: [] }, { view: 'compare', ids: ['a', 'b,c'] }, { view: 'data' }, { view: 'data', id: 'mnist' }, { view: 'recipes', id: 'x' }, { view: 'models' }, { view: 'models', id: 'vae' }, { view: 'new', model: 'vae' }, { view: 'compute' }, { view: 'preferences' }])('comes back from its address: %j', (route) => {
    expect(routeOf(href(route))).toEqual(route);
  });

  it.each<[string, Route]>([
    ['#/run/%E0%A4%A', { view: 'run', id: '%E0%A4%A' }],
    ['#/compare/a%2Cb,%', { view: 'compare', ids: ['a,b', '%'] }],
    ['#/models/%zz', { view: 'models', id: '%zz' }],
  ])('that is badly encoded names what is not there: %s', (hash, route) => {
    expect(routeOf(hash)).toEqual(route);
    expect(routeOf(href(route))).toEqual(route);
  });

  it.each(['', '#', '#/nonsense/x', '#/run/'])('that is unknown is the list of runs: %j', (hash) => {
    expect(routeOf(hash)).toEqual({ view: 'runs' });
  });
});
