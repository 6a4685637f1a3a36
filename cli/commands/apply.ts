import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CreateMigration, Migration, MigrationKind } from '../api/api';
import { SmartantError } from '@smartant/kernel';
import { kindOf } from '../endpoints/migration-kind';
import { resolveEndpoint } from '../endpoints/resolve-endpoint';
import { EXIT, type ExitCode } from '../exit-codes';
import { readText } from '../files/read-text';
import type { Invocation, Runner } from '../invocation';
import { changedFields, type Change } from '../manifest/changed-fields';
import { readManifests, type MigrationManifest } from '../manifest/manifest';
import { findingLines } from '../output/finding-lines';

interface Applied {
  name: string;
  id: string | null;
  outcome: 'created' | 'unchanged' | 'limits-changed' | 'valid' | 'blocked';
}

/** apply -f FILE. */
export function addApplyCommand(program: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  program
    .command('apply')
    .description(help.apply)
    .requiredOption('-f, --file <file>', help.applyFile)
    .option('-n, --dry-run', help.migrateDryRun)
    .action(runner.action(apply));
}

/** All manifests are checked before the first is applied. A migration is known by its name: applied twice, it exists once. */
async function apply(invocation: Invocation, options: { file: string; dryRun?: boolean }): Promise<ExitCode> {
  const { context, api, printer } = invocation;
  const text =
    options.file === '-'
      ? await context.terminal.readAll()
      : readText(resolve(context.cwd, options.file), '-f names a YAML file, or - for stdin.');
  const manifests = readManifests(text);
  const existing = (await api.migrations()).filter(({ status }) => status !== 'cancelled');
  const plans: { manifest: MigrationManifest; request: CreateMigration; current: Migration | undefined; change: Change }[] = [];
  for (const manifest of manifests) {
    const request = await toRequest(invocation, manifest);
    const current = existing.find(({ name }) => name === manifest.metadata.name);
    const change = current ? await changedFields(api, current, request) : 'new';
    plans.push({ manifest, request, current, change });
  }
  const applied: Applied[] = [];
  for (const { manifest, request, current, change } of plans) {
    applied.push(await applyOne(invocation, manifest.metadata.name, request, current, change, options.dryRun === true));
  }
  printer.one({ items: applied }, () => applied.map((each) => describe(each, invocation)));
  return applied.some(({ outcome }) => outcome === 'blocked') ? EXIT.failed : EXIT.ok;
}

async function applyOne(
  invocation: Invocation,
  name: string,
  request: CreateMigration,
  current: Migration | undefined,
  change: Change,
  dryRun: boolean,
): Promise<Applied> {
  const { api } = invocation;
  if (current && change === 'limits') {
    if (!dryRun) await api.setLimits(current.id, request.spec.limits ?? {});
    return { name, id: current.id, outcome: 'limits-changed' };
  }
  if (current) return { name, id: current.id, outcome: 'unchanged' };
  if (dryRun) return { name, id: null, outcome: await validate(invocation, request) };
  return { name, id: (await api.createMigration(request)).id, outcome: 'created' };
}

async function validate({ api, context, messages }: Invocation, request: CreateMigration): Promise<'valid' | 'blocked'> {
  const { findings } = await api.validateMigration(request);
  for (const line of findingLines(findings, messages, context.terminal.colors)) context.terminal.note(line);
  return findings.some(({ severity }) => severity === 'blocker') ? 'blocked' : 'valid';
}

async function toRequest({ api, context }: Invocation, { metadata, spec }: MigrationManifest): Promise<CreateMigration> {
  const { bandwidth, ...limits } = spec.limits;
  const common = {
    limits: { ...limits, ...(bandwidth === undefined ? {} : { bytesPerSecond: bandwidth }) },
    ...(spec.priority === undefined ? {} : { priority: spec.priority }),
    cutover: spec.cutover,
  };
  // What names the scope of a kind is one, wherever its endpoints are.
  const named = spec.database !== undefined ? 'database' : spec.host !== undefined ? 'host' : null;
  const kind = named ?? (await kindOf(context, api, spec.source, spec.target));
  return {
    name: metadata.name,
    source: await resolveEndpoint(context, api, spec.source, 'source'),
    target: await resolveEndpoint(context, api, spec.target, 'target'),
    spec: { ...kindSpec(kind, spec), ...common },
  };
}

function kindSpec(kind: MigrationKind, spec: MigrationManifest['spec']) {
  if (kind === 'database') return databaseSpec(spec);
  return kind === 'host' ? hostSpec(spec) : storageSpec(spec);
}

function databaseSpec(spec: MigrationManifest['spec']) {
  const { database = {}, incrementalInterval } = spec;
  refuseStray('database', [...strayFields(spec, 'host'), ...(incrementalInterval === undefined ? [] : ['spec.incrementalInterval'])]);
  return { kind: 'database' as const, database };
}

function hostSpec(spec: MigrationManifest['spec']) {
  const { host = {}, incrementalInterval } = spec;
  refuseStray('host', strayFields(spec, 'database'));
  return { kind: 'host' as const, host, ...(incrementalInterval === undefined ? {} : { incrementalIntervalSeconds: incrementalInterval }) };
}

/** Fields of object storage, and of another kind. */
function strayFields(spec: MigrationManifest['spec'], other: 'database' | 'host'): string[] {
  return [...Object.keys(spec.storage).map((field) => `spec.storage.${field}`), ...(spec[other] === undefined ? [] : [`spec.${other}`])];
}

/** Raises CLI_MANIFEST_INVALID. */
function refuseStray(kind: 'database' | 'host', stray: string[]): void {
  if (stray.length === 0) return;
  throw new SmartantError('CLI_MANIFEST_INVALID', `The manifest is one of a ${kind}, and has fields of another kind.`, {
    kind: 'invalid',
    fields: stray.map((field) => ({ field, message: `is not for a migration of a ${kind}` })),
    hint: `Describe what is migrated in spec.${kind}. Nothing was changed.`,
  });
}

function storageSpec({ storage, incrementalInterval }: MigrationManifest['spec']) {
  const { minSize, maxSize, partSize, ...scope } = storage;
  return {
    kind: 'storage' as const,
    storage: {
      ...scope,
      ...(minSize === undefined ? {} : { minSizeBytes: minSize }),
      ...(maxSize === undefined ? {} : { maxSizeBytes: maxSize }),
      ...(partSize === undefined ? {} : { partSizeBytes: partSize }),
    },
    ...(incrementalInterval === undefined ? {} : { incrementalIntervalSeconds: incrementalInterval }),
  };
}

function describe({ name, id, outcome }: Applied, { messages, context }: Invocation): string {
  const known = id ?? '';
  switch (outcome) {
    case 'created':
      return context.terminal.colors.green(messages.applyCreated(name, known));
    case 'limits-changed':
      return context.terminal.colors.yellow(messages.applyLimits(name, known));
    case 'unchanged':
      return messages.applyUnchanged(name, known);
    case 'blocked':
      return context.terminal.colors.red(`${name}: ${messages.precheckBlocked(1)}`);
    case 'valid':
      return messages.applyValid(name);
  }
}
