import { SmartantError } from '@smartant/kernel';
import type { CreateMigration, EndpointRef, Migration } from '../../api/api';
import type { MigrateOptions } from '../../commands/migrate-options';
import { readSpec } from '../../commands/migrate-options';
import type { CliContext } from '../../context';
import type { Invocation } from '../../invocation';
import { parseEndpoint } from '../endpoint-url';
import { resolveInline, type InlineEndpoint } from '../resolve-endpoint';
import { trustHostKeys } from '../trust-host-keys';
import { entryInvalid } from './import-fields';
import { optionOf, type HostColumn, type HostRow } from './host-rows';

export interface HostImportOptions {
  dryRun: boolean;
  validate: boolean;
  /** By name: migrations that are there and not cancelled. */
  existing: ReadonlyMap<string, Migration>;
}

/** What became of one host of a list. */
export type HostOutcome = { outcome: 'created' | 'unchanged'; id: string } | { outcome: 'valid' };

/**
 * Makes the endpoints and the migration of one host. What is there under its names already stays as it is. Raises what is wrong with it, a
 * precheck's blockers as PRECHECK_BLOCKED.
 */
export async function importHost(invocation: Invocation, row: HostRow, options: HostImportOptions): Promise<HostOutcome> {
  const { api } = invocation;
  const { name, source, target, ...cells } = row.cells;
  if (!name || !source || !target) throw entryInvalid('The row has no name, source or target.', 'Fill all three.');
  const known = options.existing.get(name);
  if (known) return { outcome: 'unchanged', id: known.id };
  const asked = optionsOf(cells);
  const context = withoutQuestions(invocation.context);
  const spec = await readSpec(context, 'host', asked);
  const inline = (side: 'source' | 'target', text: string) => resolveSide(context, invocation, side, text, asked, cells);
  const [from, to] = [await inline('source', source), await inline('target', target)];
  const wanted: CreateMigration = { name, source: from, target: to, spec };
  const request = await trustHostKeys(Object.assign(Object.create(invocation) as Invocation, { context }), wanted);
  if (options.validate) await assertPasses(invocation, request);
  if (options.dryRun) return { outcome: 'valid' };
  const saved = {
    ...request,
    source: await save(invocation, `${name}-source`, request.source),
    target: await save(invocation, `${name}-target`, request.target),
  };
  return { outcome: 'created', id: (await api.createMigration(saved)).id };
}

function optionsOf(cells: Partial<Record<HostColumn, string>>): MigrateOptions {
  const given = Object.entries(cells).map(([column, cell]) => [column, optionOf(column as HostColumn, cell)] as const);
  return Object.fromEntries(given.filter(([column]) => !column.endsWith('Env'))) as MigrateOptions;
}

/** Fifty hosts are not asked about one by one: what is not said is refused, with what to say. */
function withoutQuestions(context: CliContext): CliContext {
  return { ...context, terminal: Object.create(context.terminal, { canAsk: { value: false } }) as CliContext['terminal'] };
}

async function resolveSide(
  context: CliContext,
  { api }: Invocation,
  side: 'source' | 'target',
  text: string,
  options: MigrateOptions,
  cells: Partial<Record<HostColumn, string>>,
): Promise<EndpointRef> {
  const target = parseEndpoint(text, context.cwd);
  if (target.kind === 'saved') return { endpoint: target.name };
  const variable = cells[`${side}PasswordEnv`];
  const env = variable === undefined ? context.env : { ...context.env, [`SMARTANT_${side.toUpperCase()}_PASSWORD`]: context.env[variable] };
  return resolveInline({ ...context, env }, api, target, side, {
    passwordFile: options[`${side}PasswordFile`],
    identity: options[`${side}Identity`],
    hostKeys: options[`${side}HostKey`],
  });
}

async function assertPasses({ api }: Invocation, request: CreateMigration): Promise<void> {
  const { findings } = await api.validateMigration(request);
  const blockers = findings.filter(({ severity }) => severity === 'blocker');
  if (blockers.length === 0) return;
  throw new SmartantError('PRECHECK_BLOCKED', blockers.map(({ code, message }) => `${code}: ${message}`).join(' '), {
    kind: 'precondition',
    hint: blockers.map(({ hint }) => hint).join(' '),
  });
}

/** A saved endpoint of that name, so that it can be tested, trusted and used again. Raises ENDPOINT_NAME_TAKEN where it is another one. */
async function save({ api }: Invocation, name: string, ref: EndpointRef): Promise<EndpointRef> {
  if ('endpoint' in ref) return ref;
  const there = (await api.endpoints()).find((endpoint) => endpoint.name === name);
  if (there === undefined) await api.createEndpoint({ name, ...(ref as InlineEndpoint) });
  return { endpoint: name };
}
