import { eventsV1 } from '@smartant/contracts';
import { newEvent, type DomainEvent, type Outbox } from '@smartant/platform/events';
import { PLATFORM_CHAIN, type SealedEntry } from '@smartant/proof';
import type { StoredStatement } from '../../application/ports/audit-trail';
import type { AuditEvents } from '../postgres/audit/postgres-audit-trail';

export const AUDIT_TOPIC = 'smartant.audit.v1';

/** Tells the bus of each new head of a chain, so that whoever listens can hold it against the database. */
export function auditEvents(outbox: Outbox): AuditEvents {
  return {
    sealed: (tx, entries) => outbox.append(tx, entries.map(sealedEvent)),
    signed: (tx, statements) => outbox.append(tx, statements.map(signedEvent)),
  };
}

function sealedEvent({ entry, previousHash, hash }: SealedEntry): DomainEvent {
  const { chain, seq, id, at, action, actor, target, outcome, code, workspaceId } = entry;
  const data = { chain, seq, hash, previousHash, entryId: id, at, action, actor: actor.userId, outcome, code: code ?? '' };
  return newEvent({
    type: 'io.smartant.audit.entry-sealed.v1',
    topic: AUDIT_TOPIC,
    key: chain,
    workspaceId: workspaceId ?? PLATFORM_CHAIN,
    version: seq,
    data: eventsV1.AuditEntrySealed.toJSON({ ...data, targetKind: target.kind, targetId: target.id }) as object,
  });
}

function signedEvent({ chain, seq, hash, at, envelope }: StoredStatement): DomainEvent {
  return newEvent({
    type: 'io.smartant.audit.statement-signed.v1',
    topic: AUDIT_TOPIC,
    key: chain,
    workspaceId: chain,
    data: eventsV1.AuditStatementSigned.toJSON({ chain, seq, hash, at, envelope: JSON.stringify(envelope) }) as object,
  });
}
