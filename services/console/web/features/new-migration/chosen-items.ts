import type { Schema } from '@smartant/contracts/openapi';
import type { DatabaseScope, HostScope } from './plan';

type Item = Pick<Schema<'EndpointItem'>, 'path' | 'kind'>;

const GLOB = /[*?[\]{}!\\]/;
const WHOLE = '/**';

/** A name that would be read as a pattern can't be chosen by a tick. */
export const isPattern = ({ path }: Item): boolean => GLOB.test(path);

/** "a/" and "a" with all that is below. */
const wholeOf = (path: string) => `${path.replace(/\/$/, '')}${WHOLE}`;
const patternOf = ({ path, kind }: Item) => (kind === 'object' || kind === 'file' ? path : wholeOf(path));

/** The ticks that a tree of objects shows for these patterns. Buckets list "a/", file trees "a". */
export function tickedObjects(patterns: readonly string[] = []): string[] {
  return patterns.flatMap((pattern) => {
    const path = pattern.endsWith(WHOLE) ? pattern.slice(0, -WHOLE.length) : pattern;
    if (GLOB.test(path)) return [];
    return path === pattern ? [path] : [path, `${path}/`];
  });
}

export const tickedNames = ({ includeSchemas = [], includeTables = [] }: DatabaseScope): string[] =>
  [...includeSchemas, ...includeTables].filter((name) => !GLOB.test(name));

/** Of a host what is left out is ticked. */
export const tickedPaths = ({ exclude = [], excludeMounts = [] }: HostScope): string[] => [
  ...excludeMounts,
  ...exclude.filter((pattern) => pattern.endsWith(WHOLE)).flatMap((pattern) => tickedObjects([pattern]).slice(0, 1)),
];

export const includeOf = (include: readonly string[] | undefined, item: Item, isTicked: boolean): string[] | undefined =>
  withTick(include, patternOf(item), isTicked);

export function namesOf(scope: DatabaseScope, item: Item, isTicked: boolean): Pick<DatabaseScope, 'includeSchemas' | 'includeTables'> {
  return item.kind === 'schema'
    ? { includeSchemas: withTick(scope.includeSchemas, item.path, isTicked) }
    : { includeTables: withTick(scope.includeTables, item.path, isTicked) };
}

/** A filesystem is left out as a mount, a directory with all that is in it. */
export function leftOutOf(scope: HostScope, item: Item, isTicked: boolean): Pick<HostScope, 'exclude' | 'excludeMounts'> {
  return item.kind === 'filesystem'
    ? { excludeMounts: withTick(scope.excludeMounts, item.path, isTicked) }
    : { exclude: withTick(scope.exclude, patternOf(item), isTicked) };
}

/** Undefined where nothing is left: then everything, or nothing, is meant. */
function withTick(names: readonly string[] = [], name: string, isTicked: boolean): string[] | undefined {
  const others = names.filter((each) => each !== name);
  const all = isTicked ? [...others, name] : others;
  return all.length === 0 ? undefined : all;
}
