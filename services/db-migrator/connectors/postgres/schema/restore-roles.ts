import type { Finding } from '../../../application/ports/database-engine';
import { quoteName, quoteText } from '../catalog/catalog';
import type { PgRow, PgSession } from '../session/pg-session';

/** Roles that own something in the database, have rights in it or are named by its policies, with those they are members of. */
const ROLES = `
  WITH RECURSIVE named AS (
    SELECT refobjid AS oid FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION SELECT m.roleid FROM pg_auth_members m JOIN named n ON n.oid = m.member)
  SELECT r.rolname AS name, rolsuper AS super, rolinherit AS inherit, rolcreaterole AS create_role, rolcreatedb AS create_db, rolcanlogin AS login,
    rolreplication AS replication, rolbypassrls AS bypass_rls, rolconnlimit AS connections, rolvaliduntil AS valid_until,
    (SELECT coalesce(json_agg(g.rolname), '[]') FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid) AS member_of
  FROM pg_roles r WHERE r.oid IN (SELECT oid FROM named) AND r.rolname !~ '^pg_'`;

/**
 * Makes the roles that the source's objects name where the target lacks them: with their attributes and memberships, but no password and no
 * superuser rights, which somebody has to give on purpose. Roles that are there are left as they are. Idempotent.
 */
export async function restoreRoles(
  source: PgSession,
  target: PgSession,
  onFinding: (finding: Finding) => void,
  signal: AbortSignal,
): Promise<void> {
  const wanted = await source.query(ROLES, undefined, signal);
  const there = new Set((await target.query('SELECT rolname AS name FROM pg_roles', undefined, signal)).map(({ name }) => name));
  const missing = wanted.filter(({ name }) => !there.has(name ?? null));
  const [us] = await target.query('SELECT rolsuper AS super FROM pg_roles WHERE rolname = current_user', undefined, signal);
  const isSuper = us?.['super'] === 't';
  for (const role of missing) {
    await target.query(createStatement(role, isSuper), undefined, signal);
    if (!isSuper) await target.query(`GRANT ${quoteName(role['name'] ?? '')} TO CURRENT_USER`, undefined, signal);
    if (role['super'] === 't' || role['login'] === 't') onFinding(findingOf(role));
  }
  for (const role of missing) {
    for (const group of JSON.parse(role['member_of'] ?? '[]') as string[]) {
      await target.query(`GRANT ${quoteName(group)} TO ${quoteName(role['name'] ?? '')}`, undefined, signal);
    }
  }
}

function createStatement(role: PgRow, isSuper: boolean): string {
  const attributes: [string, string][] = [
    ['inherit', 'INHERIT'],
    ['create_role', 'CREATEROLE'],
    ['create_db', 'CREATEDB'],
    ['login', 'LOGIN'],
    // Only a superuser may give these.
    ...(isSuper
      ? ([
          ['replication', 'REPLICATION'],
          ['bypass_rls', 'BYPASSRLS'],
        ] as [string, string][])
      : []),
  ];
  const written = attributes.map(([column, word]) => (role[column] === 't' ? word : `NO${word}`));
  const until = role['valid_until'] ? ` VALID UNTIL ${quoteText(role['valid_until'])}` : '';
  return `CREATE ROLE ${quoteName(role['name'] ?? '')} NOSUPERUSER ${written.join(' ')} CONNECTION LIMIT ${role['connections'] ?? '-1'}${until}`;
}

function findingOf(role: PgRow): Finding {
  const lacks = [...(role['login'] === 't' ? ['a password'] : []), ...(role['super'] === 't' ? ['the rights of a superuser'] : [])];
  return {
    severity: 'note',
    code: 'SCHEMA_ROLE_INCOMPLETE',
    subject: 'target',
    message: `The role ${role['name']} was made at the target without ${lacks.join(' and ')}.`,
    hint: `Give them where they are needed: ALTER ROLE ${quoteName(role['name'] ?? '')} …`,
  };
}
