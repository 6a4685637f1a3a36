import { SmartantError } from '@smartant/kernel';
import type { MemberRole } from '../api/tenancy-api';

const ROLES = ['viewer', 'operator', 'owner'] as const;

/** Raises CLI_USAGE for what is no role in a workspace. */
export function readRole(text: string): MemberRole {
  const found = ROLES.find((role) => role === text);
  if (found) return found;
  throw new SmartantError('CLI_USAGE', `"${text}" is not a role.`, { kind: 'invalid', hint: `Use one of ${ROLES.join(', ')}.` });
}
