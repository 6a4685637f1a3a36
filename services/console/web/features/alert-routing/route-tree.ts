import type { Route } from './routing-document';

/** The way from the root to a route, by places among siblings; empty: the root. */
export type RoutePath = readonly number[];

export function routeAt(root: Route, path: RoutePath): Route | undefined {
  return path.reduce<Route | undefined>((route, at) => route?.routes?.[at], root);
}

/** The tree with one route put in place of the one there. */
export function withRoute(root: Route, path: RoutePath, route: Route): Route {
  const [at, ...rest] = path;
  if (at === undefined) return route;
  return { ...root, routes: (root.routes ?? []).map((child, index) => (index === at ? withRoute(child, rest, route) : child)) };
}

export function withChild(root: Route, path: RoutePath, child: Route): Route {
  const parent = routeAt(root, path);
  return parent ? withRoute(root, path, { ...parent, routes: [...(parent.routes ?? []), child] }) : root;
}

export function withoutRoute(root: Route, path: RoutePath): Route {
  const at = path.at(-1);
  return changeSiblings(root, path, (siblings) => siblings.filter((_each, index) => index !== at));
}

/** Earlier siblings are asked first. */
export function moved(root: Route, path: RoutePath, by: 1 | -1): Route {
  const at = path.at(-1) ?? 0;
  return changeSiblings(root, path, (siblings) => {
    const other = siblings[at + by];
    const one = siblings[at];
    if (!one || !other) return siblings;
    return siblings.map((each, index) => (index === at ? other : index === at + by ? one : each));
  });
}

function changeSiblings(root: Route, path: RoutePath, change: (siblings: Route[]) => Route[]): Route {
  if (path.length === 0) return root;
  const parentPath = path.slice(0, -1);
  const parent = routeAt(root, parentPath);
  if (!parent) return root;
  const { routes = [], ...rest } = parent;
  const after = change(routes);
  return withRoute(root, parentPath, after.length === 0 ? rest : { ...rest, routes: after });
}

/** Where the API's messages name it. */
export const fieldOf = (path: RoutePath): string => ['document.route', ...path.map((at) => `routes.${at}`)].join('.');
