import type { AuditDetail, AuditFact, AuditTarget } from '../ports/audit';

/** The trail's word that something was changed. */
export function doneFact(
  action: string,
  workspaceId: string | null,
  target: AuditTarget,
  change: { before?: AuditDetail; after?: AuditDetail },
): AuditFact {
  return { action, workspaceId, target, before: change.before ?? null, after: change.after ?? null, outcome: 'done', code: null };
}
