import type { AuditFact } from '../ports/audit';
import type { Rotation } from '../ports/rotation-store';

const target = ({ id }: Rotation) => ({ kind: 'vault', id, name: null });

/** Somebody asked for a rotation. */
export function startFact(rotation: Rotation): AuditFact {
  const { kind, targetKeyId, total } = rotation;
  return {
    action: 'vault.rotate',
    workspaceId: null,
    target: target(rotation),
    before: null,
    after: { kind, targetKeyId, total },
    outcome: 'done',
    code: null,
  };
}

/** It is through, by whichever replica. */
export function finishFact(rotation: Rotation): AuditFact {
  const { kind, targetKeyId, done, failed } = rotation;
  return {
    action: 'vault.rotated',
    workspaceId: null,
    target: target(rotation),
    before: null,
    after: { kind, targetKeyId, done, failed },
    outcome: 'done',
    code: null,
  };
}
