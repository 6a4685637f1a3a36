import type { SqlExecutor } from '@smartant/platform/postgres';
import type { Standing, StandingSubject } from '../../../application/identity/identity-store';

/** Sessions and API keys can be taken back, and are told by their ids; nothing else that a token may name as its credential can. */
const FIND = `
  SELECT app_user.disabled_at IS NOT NULL AS "userDisabled", workspace.disabled_at IS NOT NULL AS "workspaceDisabled",
    workspace.name AS "workspaceName", CASE WHEN app_user.platform_admin THEN 'admin' ELSE member.role END AS role,
    CASE
      WHEN starts_with($3::text, 'key_') THEN NOT EXISTS (
        SELECT 1 FROM api_key WHERE id = $3 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))
      WHEN starts_with($3::text, 'ses_') THEN NOT EXISTS (
        SELECT 1 FROM user_session WHERE id = $3 AND user_id = $1 AND ended_at IS NULL AND idle_until > now())
      ELSE false
    END AS "credentialEnded"
  FROM app_user CROSS JOIN workspace
  LEFT JOIN workspace_member AS member ON member.workspace_id = workspace.id AND member.user_id = app_user.id
  WHERE app_user.id = $1 AND workspace.id = $2`;

/** See `IdentityStore.standing`. */
export async function findStanding(sql: SqlExecutor, { userId, workspaceId, credential }: StandingSubject): Promise<Standing | null> {
  const [row] = await sql.query<Standing>(FIND, [userId, workspaceId, credential]);
  return row ?? null;
}
