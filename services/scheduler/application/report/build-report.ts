import type { Endpoint } from '../../domain/endpoint/endpoint';
import { describeLocation } from '../../domain/endpoint/endpoint-overlap';
import type { DrivenMigration } from '../../domain/migration/driven-migration';
import type { BootProof } from '../../domain/migration/host-state';
import type { MigrationSpec } from '../../domain/migration/migration-spec';
import type { MigrationReport } from '@smartant/proof';
import type { Waiver } from '../ports/unit-of-work';
import type { Failure } from '../use-cases';

export interface ReportInputs {
  migration: DrivenMigration;
  /** Null: the endpoint is gone. */
  source: Endpoint | null;
  target: Endpoint | null;
  failures: Failure[];
  waivers: Waiver[];
  version: string;
  issuedAtMs: number;
}

/** What the report says. Raises nothing: a migration that gets here has a verification. */
export function buildReport({ migration, source, target, failures, waivers, version, issuedAtMs }: ReportInputs): MigrationReport {
  const { id, name, workspaceId, spec, timings, ledger } = migration;
  const { skippedByReason, ...counts } = ledger;
  const describe = (endpoint: Endpoint | null) => ({
    description: endpoint ? describeLocation(endpoint.location) : 'an endpoint that was deleted',
  });
  return {
    migration: { id, name, workspaceId, kind: spec.kind },
    source: describe(source),
    target: describe(target),
    scope: scopeIn(spec),
    phases: timings.map(({ phase, round, startedAt, finishedAt, outcome }) => ({ phase, round, startedAt, finishedAt, outcome })),
    downtime: downtimeOf(migration),
    counts,
    skippedByReason,
    verification: verificationOf(migration),
    ...hostOf(migration),
    failures: failures
      .filter((failure) => failure.state !== 'resolved')
      .map(({ unit, code, message, state }) => ({ unit, code, message, state })),
    waivers: waivers.map(({ unit, reason, actor, at }) => ({ unit, reason, actor, at })),
    software: { name: 'smartant', version },
    issuedAt: new Date(issuedAtMs).toISOString(),
  };
}

function scopeIn(spec: MigrationSpec): object {
  switch (spec.kind) {
    case 'storage':
      return spec.storage;
    case 'database':
      return spec.database;
    case 'host': {
      // Scripts may hold what is not everybody's.
      const { actions, ...scope } = spec.host;
      return { ...scope, actions: actions.map(({ name, timeoutMs, required }) => ({ name, timeoutMs, required })) };
    }
  }
}

/** What only a host's report states: what its source was made of, and what was seen of the target after its boot. The console stays out. */
function hostOf({ spec, inventory, boot }: DrivenMigration): Pick<MigrationReport, 'host'> {
  if (spec.kind !== 'host') return {};
  const { console: _console, ...proof } = boot ?? { console: '' };
  return { host: { inventory, boot: boot ? (proof as Omit<BootProof, 'console'>) : null } };
}

/**
 * Of a database or a host: from the freeze of the source, which its migrator made, until the target was opened. Else from the start of the first
 * cutover, when writers had to stop, until the target was verified.
 */
function downtimeOf({ spec, timings, ...migration }: DrivenMigration): MigrationReport['downtime'] {
  if (spec.kind !== 'storage') return between(migration.frozenAt, migration.openedAt);
  const cutovers = timings.filter((timing) => timing.phase === 'cutover');
  const frozenAt = cutovers[0]?.startedAt;
  const openedAt = cutovers.at(-1)?.finishedAt;
  return spec.cutover.sourceFrozen ? between(frozenAt, openedAt) : null;
}

function between(frozenAt: string | null = null, openedAt: string | null = null): MigrationReport['downtime'] {
  if (frozenAt === null || openedAt === null) return null;
  return { frozenAt, openedAt, milliseconds: Date.parse(openedAt) - Date.parse(frozenAt) };
}

function verificationOf({ verification }: DrivenMigration): MigrationReport['verification'] {
  if (verification === null) throw new Error('a report needs a verification');
  const { level, equal, sourceFrozen, asOf, bucketCount, differenceCount, waivedCount, differences } = verification;
  return {
    level,
    equal,
    sourceFrozen,
    asOf,
    source: {
      objects: verification.sourceObjects,
      bytes: verification.sourceBytes,
      root: verification.sourceRoot,
      firstInventory: verification.firstInventory,
      secondInventory: verification.secondInventory,
    },
    target: { objects: verification.targetObjects, bytes: verification.targetBytes, root: verification.targetRoot },
    bucketCount,
    differenceCount,
    waivedCount,
    differences,
    ...(verification.database ? { database: verification.database } : {}),
  };
}
