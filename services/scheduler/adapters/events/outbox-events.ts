import { newId } from '@smartant/kernel';
import { eventsV1 } from '@smartant/contracts';
import { Outbox, type DomainEvent } from '@smartant/platform/events';
import type { SqlExecutor } from '@smartant/platform/postgres';
import type { EventStore } from '../../application/ports/unit-of-work';
import { LONGEST_TOLD_ERROR, type DrivenMigration, type MigrationChange } from '../../domain/migration/driven-migration';
import { alertEvent } from './alert-event';
import { phaseTrace } from '../observability/phase-trace';
import { phaseToProto, statusToProto } from '../grpc/proto-names';

export const MIGRATIONS_TOPIC = 'smartant.migrations.v1';

/** Writes changes of migrations into the outbox, inside the transaction that makes them true. */
export function outboxEvents(outbox: Outbox, tx: SqlExecutor): EventStore {
  return {
    append: (migration, changes) =>
      outbox.append(
        tx,
        changes.map((change) => toEvent(migration, change)),
      ),
    appendAlerts: (conditions) => outbox.append(tx, conditions.map(alertEvent)),
  };
}

function toEvent(migration: DrivenMigration, change: MigrationChange): DomainEvent {
  const { id, workspaceId, updatedAt } = migration;
  return {
    id: newId('evt'),
    type: `io.smartant.migration.${change.change}.v1`,
    topic: MIGRATIONS_TOPIC,
    key: id,
    workspaceId,
    version: change.version,
    occurredAt: updatedAt,
    headers: phaseTrace(migration),
    data: eventsV1.MigrationChanged.toJSON({
      migrationId: id,
      workspaceId,
      version: change.version,
      change: change.change,
      phase: phaseToProto(change.phase),
      status: statusToProto(change.status),
      runId: change.runId ?? '',
      errorCode: change.error?.code ?? '',
      errorMessage: change.error?.message.slice(0, LONGEST_TOLD_ERROR) ?? '',
    }) as object,
  };
}
