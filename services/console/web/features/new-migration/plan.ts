import type { Schema } from '@smartant/contracts/openapi';
import type { MigrationKind } from '../../elements/kind-icon';
import type { LocationKind } from '../endpoints/endpoint-fields';

export type Spec = Schema<'MigrationSpecInput'>;
export type StorageScope = Schema<'StorageScopeInput'>;
export type DatabaseScope = Schema<'DatabaseScopeInput'>;
export type HostScope = Schema<'HostScopeInput'>;
export type Limits = Schema<'LimitsInput'>;
export type Calendar = Schema<'CalendarInput'>;
export type Cutover = Schema<'CutoverInput'>;
export type CreateMigration = Schema<'CreateMigrationRequest'>;

/** What was filled in so far: what a draft keeps. Endpoints by name, so that there is no secret in it; what is left out of `spec` is the API's default. */
export interface Plan {
  name: string;
  source: string;
  target: string;
  spec: Spec;
}

export const STEPS = ['source', 'target', 'scope', 'review'] as const;
export type Step = (typeof STEPS)[number];

const KINDS: readonly MigrationKind[] = ['host', 'database', 'storage'];

/** What can stand at either end. */
export const PLACES: Readonly<Record<MigrationKind, Readonly<Record<'source' | 'target', readonly LocationKind[]>>>> = {
  storage: { source: ['s3', 'file'], target: ['s3', 'file'] },
  database: { source: ['postgres'], target: ['postgres'] },
  host: { source: ['ssh'], target: ['image', 'ssh'] },
};

export const isKind = (text: string | null): text is MigrationKind => KINDS.some((kind) => kind === text);

export const emptyPlan = (kind: MigrationKind): Plan => ({ name: '', source: '', target: '', spec: { kind } });

/** Of a draft; null where it holds something else: programs keep drafts as they like. */
export function planOf(content: Schema<'MigrationDraft'>['content']): Plan | null {
  const { spec } = content;
  const kind = typeof spec === 'object' && spec !== null && 'kind' in spec ? String(spec.kind) : null;
  if (!isKind(kind)) return null;
  const text = (name: 'name' | 'source' | 'target') => (typeof content[name] === 'string' ? content[name] : '');
  return { name: text('name'), source: text('source'), target: text('target'), spec: spec as Spec };
}

/** What the draft is listed by. */
export const draftNameOf = ({ name, source, target, spec }: Plan): string =>
  name.trim() || [source, target].filter(Boolean).join(' → ') || spec.kind;

export function requestOf({ name, source, target, spec }: Plan): CreateMigration {
  return { ...(name.trim() === '' ? {} : { name: name.trim() }), source: { endpoint: source }, target: { endpoint: target }, spec };
}

/** The first step that is not done yet. */
export function openStep({ source, target }: Plan): Step {
  if (source === '') return 'source';
  return target === '' ? 'target' : 'scope';
}

/** Another specification of the same kind: what becomes undefined or empty is left out, and is the default again. */
export function withSpec<Part extends Spec>(spec: Part, change: Partial<Part>): Part {
  return pruned({ ...spec, ...change });
}

/** Without what is undefined, and without lists that are empty. */
export function pruned<T extends object>(value: T): T {
  const isNothing = (each: unknown) => each === undefined || each === null || (Array.isArray(each) && each.length === 0);
  return Object.fromEntries(Object.entries(value).filter(([, each]) => !isNothing(each))) as T;
}
