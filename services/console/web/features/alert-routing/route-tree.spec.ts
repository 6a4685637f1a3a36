import { fieldOf, moved, routeAt, withChild, withoutRoute, withRoute } from './route-tree';
import { byName, without } from './routing-document';

const root = { name: 'all', routes: [{ name: 'a', routes: [{ name: 'a1' }] }, { name: 'b' }] };
const names = (tree: typeof root | { name: string; routes?: object[] }) => JSON.stringify(byName(tree));

it('finds, changes and adds', () => {
  expect(routeAt(root, [0, 0])).toEqual({ name: 'a1' });
  expect(routeAt(root, [2])).toBeUndefined();
  expect(routeAt(withRoute(root, [0, 0], { name: 'x' }), [0, 0])).toEqual({ name: 'x' });
  expect(routeAt(withChild(root, [1], { name: 'b1' }), [1, 0])).toEqual({ name: 'b1' });
  expect(withRoute(root, [], { name: 'z' })).toEqual({ name: 'z' });
});

it('takes out, and leaves no empty list', () => {
  expect(withoutRoute(root, [0, 0]).routes?.[0]).toEqual({ name: 'a' });
  expect(withoutRoute(root, [])).toBe(root);
});

it('changes the order of siblings, and no further than the ends', () => {
  expect(moved(root, [1], -1).routes?.map(({ name }) => name)).toEqual(['b', 'a']);
  expect(names(moved(root, [0], -1))).toBe(names(root));
});

it('says fields as the API does', () => expect(fieldOf([1, 0])).toBe('document.route.routes.1.routes.0'));

it('compares lists by names', () => {
  expect(byName({ route: root, steps: [{ after: '5m' }] })).toEqual({
    route: { name: 'all', routes: { a: { routes: { a1: {} } }, b: {} } },
    steps: [{ after: '5m' }],
  });
});

it('leaves out what is empty', () => {
  expect(without({ name: 'a', channels: [], groupWait: '', continue: false, days: 0 })).toEqual({ name: 'a', days: 0 });
});
