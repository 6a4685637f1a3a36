import type { Caller } from '../use-cases';

/** A JSON object as it is shown to auditors: never a secret, never a hash of one. */
export type AuditDetail = Record<string, unknown>;

export interface AuditTarget {
  /** `endpoint`, `migration`, `member`, `api-key`, … */
  kind: string;
  id: string;
  /** As people call it, at the time; null where it has no name. */
  name: string | null;
}

/** One thing that somebody did, or was refused. */
export interface AuditFact {
  /** `<target>.<verb>`: `endpoint.create`, `member.remove`, `session.revoke`. */
  action: string;
  /** Null: of the platform as a whole. */
  workspaceId: string | null;
  target: AuditTarget;
  /** What was changed, before and after it; null where nothing was or is. */
  before: AuditDetail | null;
  after: AuditDetail | null;
  outcome: 'done' | 'refused';
  /** Stable code of the refusal; null when it was done. */
  code: string | null;
}

/** Who did it: a caller with what the edge knows of it, or the platform itself (`userId` is `system`). */
export type AuditActor = Pick<Caller, 'userId' | 'origin'>;

export interface AuditStore {
  /** In the transaction of the change that it tells of: both are kept, or neither. */
  append(actor: AuditActor, fact: AuditFact): Promise<void>;
}
