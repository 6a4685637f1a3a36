import type { AlertRule } from './alert-rule';
import { migrationRules } from './migration-rules';
import { proofRules } from './proof-rules';
import { credentialsNearExpiry, endpointUnreachable, platformRules } from './surroundings-rules';

/** A rule without its facts' type: what is listed, shown and set. */
export type ListedRule = AlertRule<never>;

/** Of a workspace: each workspace may set them for itself. */
export const WORKSPACE_RULES: readonly ListedRule[] = [...migrationRules, ...proofRules, endpointUnreachable, credentialsNearExpiry];
/** Of the platform: administrators set them. */
export const PLATFORM_RULES: readonly ListedRule[] = platformRules;

/** All that is watched, in the order of the documentation. */
export const ALERT_RULES: readonly ListedRule[] = [...WORKSPACE_RULES, ...PLATFORM_RULES];

/** Of whom rules are set: a workspace, or (empty) the platform. */
export function rulesOf(workspaceId: string): readonly ListedRule[] {
  return workspaceId === '' ? PLATFORM_RULES : WORKSPACE_RULES;
}
