import type { PgRow, PgSession } from '../session/pg-session';
import { maySetReplicationRoleSql } from '../session/rest-event-triggers';

/** What a server and a database of it say of themselves. Null: it is not there, or the role may not see it. */
export interface ServerFacts {
  version: number;
  systemIdentifier: string | null;
  databaseOid: string;
  database: string;
  user: string;
  isInRecovery: boolean;
  encoding: string;
  localeProvider: string;
  collate: string;
  ctype: string;
  /** The library's version when the database was made, and now. */
  collationVersion: string | null;
  actualCollationVersion: string | null;
  settings: Record<string, string | null>;
  isSuperuser: boolean;
  mayReplicate: boolean;
  ownsDatabase: boolean;
  mayCreateSchema: boolean;
  mayCreateInPublic: boolean;
  maySetReplicationRole: boolean;
  mayConnectLeft: number | null;
  usedSlots: number;
  usedSenders: number;
  extensions: { name: string; version: string }[];
  availableExtensions: string[];
  prepared: string[];
  /** Seconds of the oldest transaction that has a transaction id, on any database of the server. */
  oldestTransactionSeconds: number;
  oldestTransactionPid: string | null;
  eventTriggers: string[];
  subscriptions: string[] | null;
  /** Without our own. */
  publications: string[];
  /** Tables of extensions that hold rows of this database, as their extensions tell them from those that they bring. */
  extensionTables: string[];
  largeObjects: number;
  databaseBytes: number;
  /** The server's clock minus ours at the middle of the question; milliseconds. */
  clockSkewMs: number;
  userTables: number;
  /** ALTER DATABASE … SET, and ALTER ROLE … IN DATABASE … SET; `role` null: of everybody. */
  ownSettings: { role: string | null; name: string; value: string }[];
  roles: string[];
}

const SETTING_NAMES = [
  'wal_level',
  'max_replication_slots',
  'max_wal_senders',
  'max_slot_wal_keep_size',
  'max_connections',
  'superuser_reserved_connections',
  'max_locks_per_transaction',
  'max_prepared_transactions',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
  'wal_sender_timeout',
  'max_worker_processes',
  'block_size',
  'max_identifier_length',
  'server_version',
  'idle_replication_slot_timeout',
];

/** Asks the server and the session's database. */
export async function readServerFacts(session: PgSession, signal: AbortSignal): Promise<ServerFacts> {
  const ask = async (sql: string, parameters?: string[]): Promise<PgRow> => (await session.query(sql, parameters, signal))[0] ?? {};
  const names = async (sql: string): Promise<string[]> => (await session.query(sql, undefined, signal)).map((row) => row['name'] ?? '');
  const before = Date.now();
  const clock = await ask(`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms`);
  const after = Date.now();
  const main = await ask(mainSql(session.serverVersion));
  const settings = await session.query(
    `SELECT n AS name, coalesce((SELECT reset_val FROM pg_settings WHERE name = n), current_setting(n, true)) AS value FROM unnest($1::text[]) n`,
    [`{${SETTING_NAMES.join(',')}}`],
    signal,
  );
  const extensions = await session.query(`SELECT extname AS name, extversion AS version FROM pg_extension ORDER BY 1`, undefined, signal);
  const [isYes, number] = [(name: string) => main[name] === 't', (name: string) => Number(main[name] ?? 0)];
  return {
    version: session.serverVersion,
    systemIdentifier:
      (await ask('SELECT system_identifier FROM pg_control_system()').catch(() => ({}) as PgRow))['system_identifier'] ?? null,
    databaseOid: main['oid'] ?? '',
    database: main['database'] ?? '',
    user: main['user'] ?? '',
    isInRecovery: isYes('recovery'),
    encoding: main['encoding'] ?? '',
    localeProvider: main['provider'] ?? 'c',
    collate: main['datcollate'] ?? '',
    ctype: main['datctype'] ?? '',
    collationVersion: main['collation_version'] ?? null,
    actualCollationVersion: main['actual_version'] ?? null,
    settings: Object.fromEntries(settings.map((row) => [row['name'] ?? '', row['value'] ?? null])),
    isSuperuser: isYes('super'),
    mayReplicate: isYes('replicates'),
    ownsDatabase: isYes('owns'),
    mayCreateSchema: isYes('may_create'),
    mayCreateInPublic: isYes('may_create_public'),
    maySetReplicationRole: isYes('may_set_role'),
    mayConnectLeft: Number(main['connections_left']),
    usedSlots: number('used_slots'),
    usedSenders: number('used_senders'),
    extensions: extensions.map((row) => ({ name: row['name'] ?? '', version: row['version'] ?? '' })),
    availableExtensions: await names('SELECT name FROM pg_available_extensions'),
    prepared: await names('SELECT gid AS name FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared'),
    oldestTransactionSeconds: number('oldest_seconds'),
    oldestTransactionPid: main['oldest_pid'] ?? null,
    eventTriggers: await names(
      `SELECT evtname AS name FROM pg_event_trigger WHERE evtenabled <> 'D' AND evtname !~ '^smartant_' ORDER BY 1`,
    ),
    subscriptions: await names(
      `SELECT subname AS name FROM pg_subscription WHERE subenabled AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1`,
    ).catch(() => null),
    publications: await names(`SELECT pubname AS name FROM pg_publication WHERE pubname !~ '^smartant_' ORDER BY 1`),
    extensionTables: await filledExtensionTables(session, signal),
    largeObjects: number('large_objects'),
    databaseBytes: number('bytes'),
    clockSkewMs: Number(clock['ms']) - (before + after) / 2,
    userTables: number('user_tables'),
    ownSettings: await ownSettings(session, signal),
    roles: await names('SELECT rolname AS name FROM pg_roles'),
  };
}

/** pg_extension_config_dump: https://www.postgresql.org/docs/18/extend-extensions.html#EXTEND-EXTENSIONS-CONFIG-TABLES */
async function filledExtensionTables(session: PgSession, signal: AbortSignal): Promise<string[]> {
  const tables = await session.query(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name, k.condition FROM pg_extension e CROSS JOIN LATERAL unnest(e.extconfig, e.extcondition) k(oid, condition)
     JOIN pg_class c ON c.oid = k.oid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1`,
    undefined,
    signal,
  );
  const filled: string[] = [];
  for (const { name, condition } of tables) {
    const [row] = await session.query(`SELECT EXISTS (SELECT FROM ${name} ${condition ?? ''}) AS is_filled`, undefined, signal);
    if (name && row?.['is_filled'] === 't') filled.push(name);
  }
  return filled;
}

/** What a freeze sets, and what it takes back, is not the database's own. */
async function ownSettings(session: PgSession, signal: AbortSignal): Promise<ServerFacts['ownSettings']> {
  const rows = await session.query(
    `SELECT r.rolname AS role, split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS value FROM pg_db_role_setting s
     JOIN pg_database d ON d.oid = s.setdatabase CROSS JOIN unnest(s.setconfig) c LEFT JOIN pg_roles r ON r.oid = s.setrole
     WHERE d.datname = current_database() AND split_part(c, '=', 1) <> 'default_transaction_read_only' ORDER BY 1 NULLS FIRST, 2`,
    undefined,
    signal,
  );
  return rows.map((row) => ({ role: row['role'] ?? null, name: row['name'] ?? '', value: row['value'] ?? '' }));
}

/** Roles of managed services whose members may replicate without the attribute REPLICATION. */
const REPLICATION_ROLES = `'{rds_replication,rds_superuser,cloudsqlsuperuser,azure_pg_admin,alloydbsuperuser}'::text[]`;

function mainSql(version: number): string {
  const provider = version >= 150000 ? 'd.datlocprovider' : `'c'`;
  const collationVersion = version >= 150000 ? 'd.datcollversion, pg_database_collation_actual_version(d.oid)' : 'NULL::text, NULL::text';
  return `SELECT d.oid, d.datname AS database, current_user AS user, pg_is_in_recovery() AS recovery, pg_encoding_to_char(d.encoding) AS encoding,
    ${provider} AS provider, d.datcollate, d.datctype, c.made AS collation_version, c.now AS actual_version, r.rolsuper AS super,
    r.rolsuper OR r.rolreplication OR EXISTS (SELECT FROM pg_roles m WHERE m.rolname = ANY (${REPLICATION_ROLES}) AND pg_has_role(current_user, m.oid, 'MEMBER')) AS replicates,
    pg_has_role(d.datdba, 'USAGE') AS owns, has_database_privilege(d.oid, 'CREATE') AS may_create,
    to_regnamespace('public') IS NULL OR has_schema_privilege('public', 'CREATE') AS may_create_public, ${maySetReplicationRoleSql(version)} AS may_set_role,
    (SELECT least(
      current_setting('max_connections')::int - CASE WHEN r.rolsuper THEN 0 ELSE current_setting('superuser_reserved_connections')::int END - count(*),
      CASE WHEN d.datconnlimit >= 0 AND NOT r.rolsuper THEN d.datconnlimit - count(*) FILTER (WHERE datid = d.oid) END,
      CASE WHEN r.rolconnlimit >= 0 AND NOT r.rolsuper THEN r.rolconnlimit - count(*) FILTER (WHERE usesysid = r.oid) END)
      FROM pg_stat_activity WHERE coalesce(backend_type, 'client backend') = 'client backend') AS connections_left,
    (SELECT count(*) FROM pg_replication_slots) AS used_slots, (SELECT count(*) FROM pg_stat_replication) AS used_senders,
    coalesce(o.seconds, 0) AS oldest_seconds, o.pid AS oldest_pid, (SELECT count(*) FROM pg_largeobject_metadata) AS large_objects,
    pg_database_size(d.oid) AS bytes,
    (SELECT count(*) FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE t.relkind IN ('r', 'p') AND t.relpersistence <> 't'
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'smartant')
      AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = t.oid AND e.deptype = 'e')) AS user_tables
    FROM pg_database d JOIN pg_roles r ON r.rolname = current_user
    LEFT JOIN LATERAL (SELECT * FROM (SELECT ${collationVersion}) v(made, now)) c ON true
    LEFT JOIN LATERAL (SELECT extract(epoch FROM now() - xact_start)::int AS seconds, pid FROM pg_stat_activity
      WHERE backend_xid IS NOT NULL AND xact_start IS NOT NULL AND pid <> pg_backend_pid() ORDER BY xact_start LIMIT 1) o ON true
    WHERE d.datname = current_database()`;
}
