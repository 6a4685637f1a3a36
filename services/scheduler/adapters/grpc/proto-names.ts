import { commonV1 } from '@smartant/contracts';
import type { Phase, Status } from '../../domain/migration/phase';

/** `PHASE_FULL` for `full`: the generated enum's member. */
export function phaseToProto(phase: Phase): commonV1.Phase {
  return commonV1.phaseFromJSON(`PHASE_${phase.toUpperCase()}`);
}

export function statusToProto(status: Status): commonV1.Status {
  return commonV1.statusFromJSON(`STATUS_${status.toUpperCase()}`);
}

/** Raises RangeError for an unspecified phase: a peer never sends one. */
export function phaseFromProto(phase: commonV1.Phase): Phase {
  return nameOf(commonV1.phaseToJSON(phase), 'PHASE_') as Phase;
}

export function statusFromProto(status: commonV1.Status): Status {
  return nameOf(commonV1.statusToJSON(status), 'STATUS_') as Status;
}

function nameOf(member: string, prefix: string): string {
  const name = member.slice(prefix.length).toLowerCase();
  if (name === 'unspecified') throw new RangeError(`the peer sent ${member}`);
  return name;
}
