import { ALL_ROUTES } from '../routes/all-routes';

const routes = ALL_ROUTES.map(({ method, path }) => ({
  method,
  form: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
}));

/** The methods that are served at a path; none when there is nothing. */
export function methodsOf(path: string): string[] {
  return [...new Set(routes.filter(({ form }) => form.test(path)).map(({ method }) => method))].sort();
}
