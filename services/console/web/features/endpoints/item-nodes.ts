import type { Schema } from '@smartant/contracts/openapi';

export type Item = Schema<'EndpointItem'>;

/** What has been read of an endpoint so far, by the path that it is below; the top is ''. */
export type Levels = Readonly<Record<string, { items: readonly Item[]; next: string | null }>>;

const LEAVES = ['object', 'file', 'table', 'view', 'disk'];

export const isLeaf = ({ kind }: Item): boolean => LEAVES.includes(kind);

/** Its own name: of "app.users" below "app" that is "users". */
export function nameWithin(path: string, parent: string): string {
  if (parent === '' || !path.startsWith(parent)) return path;
  return path.slice(parent.length).replace(/^[./]+/, '') || path;
}

/** With one page more of what is below `path`. */
export function withPage(levels: Levels, path: string, page: { items: readonly Item[]; nextPageToken: string | null }): Levels {
  return { ...levels, [path]: { items: [...(levels[path]?.items ?? []), ...page.items], next: page.nextPageToken } };
}
