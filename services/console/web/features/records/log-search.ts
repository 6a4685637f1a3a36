import type { MigrationKind } from '../../elements/kind-icon';
import type { LogFilter, LogScope, UnitKind } from './queries';

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof LEVELS)[number];

/** What the lists are narrowed by, as an address has it. What it says wrongly is the API's to refuse: its answer names the field. */
export function logFilterOf(search: URLSearchParams): LogFilter {
  const given = (name: string) => search.get(name) ?? undefined;
  return {
    q: given('q'),
    service: given('service'),
    host: given('host'),
    level: given('level') as Level | undefined,
    traceId: given('trace'),
    since: given('since'),
    until: given('until'),
  };
}

export function logScopeOf(search: URLSearchParams, workspace: string): LogScope {
  const migrationId = search.get('migration') ?? undefined;
  return { workspace, ...(migrationId !== undefined && { migrationId }), ...(search.get('scope') === 'platform' && { isPlatform: true }) };
}

/** The page of logs, narrowed as named. */
export function logsAddress(
  narrowed: Partial<Record<'q' | 'service' | 'host' | 'level' | 'trace' | 'since' | 'until' | 'migration' | 'scope', string | undefined>>,
): string {
  const given = Object.entries(narrowed).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  const search = new URLSearchParams(given).toString();
  return search === '' ? '/logs' : `/logs?${search}`;
}

/** What the units of a kind are looked for as. */
export const UNIT_OF: Readonly<Record<MigrationKind, UnitKind>> = { storage: 'object', database: 'table', host: 'path' };

/** The search for one object, table or file of a migration. */
export function unitAddress(migrationId: string, kind: MigrationKind, name: string): string {
  return `/logs?${new URLSearchParams({ view: 'unit', migration: migrationId, kind: UNIT_OF[kind], name }).toString()}`;
}
