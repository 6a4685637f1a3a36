import { createContext, use, type ReactNode } from 'react';
import { Link, matchPath } from 'react-router';

/** Paths of the pages that this user can open. */
export const OpenPages = createContext<readonly string[]>([]);

/** A link where there is a page for the user, and its text alone where there is none. */
export function PageLink({ to, children }: { to: string; children: ReactNode }) {
  const isServed = useIsServed(to);
  return isServed ? <Link to={to}>{children}</Link> : <>{children}</>;
}

export function useIsServed(to: string): boolean {
  const path = to.split('?')[0] ?? to;
  return use(OpenPages).some((pattern) => matchPath(pattern, path) !== null);
}
