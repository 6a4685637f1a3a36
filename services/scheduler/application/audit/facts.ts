import type { AuditDetail, AuditFact, AuditTarget } from '../ports/audit';

/** Something that was done. `before` and `after` hold no secret and no hash of one. */
export function doneFact(
  action: string,
  workspaceId: string | null,
  target: AuditTarget,
  { before = null, after = null }: { before?: AuditDetail | null; after?: AuditDetail | null } = {},
): AuditFact {
  return { action, workspaceId, target, before, after, outcome: 'done', code: null };
}
