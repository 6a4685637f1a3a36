import { toRouterPath, type RouteDefinition } from '../route-definition';

/**
 * Finds the route of a request before the router does, as the router would: letters in either case, with or without a slash at the end,
 * HEAD as GET. Undefined: no route of the table.
 */
export function routeMatcher(routes: readonly RouteDefinition[]): (method: string, path: string) => RouteDefinition | undefined {
  const table = routes.map((route) => ({ route, form: formOf(route.path) }));
  return (method, path) => {
    const wanted = method === 'HEAD' ? 'GET' : method;
    return table.find(({ route, form }) => route.method === wanted && form.test(path))?.route;
  };
}

function formOf(path: string): RegExp {
  const literal = toRouterPath(path).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replaceAll(/:\w+/g, '[^/]+')}/?$`, 'i');
}
