import type { DatabaseScope } from '../../../domain/database-scope';
import { quoteName } from '../catalog/catalog';
import type { PairFinding, Side } from './pair-finding';
import type { ServerFacts } from './server-facts';

const OLD_TRANSACTION_SECONDS = 60;

/** What the source by itself means. */
export function sourceFindings(facts: ServerFacts, scope: DatabaseScope, isLive: boolean): PairFinding[] {
  const findings: PairFinding[] = [];
  if (!isLive && facts.isInRecovery) findings.push(snapshotOfStandby());
  if (isLive && facts.oldestTransactionSeconds > OLD_TRANSACTION_SECONDS) findings.push(oldTransaction(facts));
  if (facts.prepared.length > 0) findings.push(prepared(facts));
  if (isLive && scope.largeObjects && facts.largeObjects > 0) findings.push(largeObjects(facts));
  if (facts.eventTriggers.length > 0) findings.push(eventTriggers(facts, 'source'));
  if (!scope.publications && facts.publications.length > 0) findings.push(publications(facts));
  if (facts.extensionTables.length > 0) findings.push(extensionTables(facts));
  if (isLive && facts.subscriptions && facts.subscriptions.length > 0) findings.push(subscriptions(facts));
  if (isLive && !facts.ownsDatabase) findings.push(notOwner(facts));
  return findings;
}

/** What the target by itself means. */
export function targetFindings(facts: ServerFacts, isLive: boolean): PairFinding[] {
  const findings: PairFinding[] = [];
  if (facts.isInRecovery) {
    findings.push({
      severity: 'blocker',
      code: 'DATABASE_TARGET_READ_ONLY',
      subject: 'target',
      message: 'The target is a read-only standby.',
      hint: 'Register its primary, or promote it.',
    });
  }
  if (!facts.mayCreateSchema || !facts.mayCreateInPublic) findings.push(createDenied(facts));
  if (!facts.maySetReplicationRole) findings.push(triggersFire(facts, isLive));
  if (facts.eventTriggers.length > 0) findings.push(eventTriggers(facts, 'target'));
  return findings;
}

/** Connections and locks, which both sides need. */
export function capacityFindings(facts: ServerFacts, subject: Side, needs: { connections: number; tables: number }): PairFinding[] {
  const findings: PairFinding[] = [];
  if (facts.mayConnectLeft !== null && facts.mayConnectLeft < needs.connections) {
    findings.push({
      severity: facts.mayConnectLeft < 3 ? 'blocker' : 'warning',
      code: 'DATABASE_CONNECTIONS_FEW',
      subject,
      message: `${Math.max(0, facts.mayConnectLeft)} connections are free; the migration uses up to ${needs.connections}.`,
      hint: 'Copy fewer tables at once (--jobs), end idle sessions, or raise max_connections (which needs a restart).',
    });
  }
  const number = (name: string) => Number(facts.settings[name] ?? 0);
  const locks = number('max_locks_per_transaction') * (number('max_connections') + number('max_prepared_transactions'));
  if (locks < needs.tables * 2) {
    const wanted = Math.ceil((needs.tables * 4) / Math.max(1, number('max_connections')));
    findings.push({
      severity: 'warning',
      code: 'DATABASE_LOCKS_FEW',
      subject,
      message: `The server has room for about ${locks} locks; ${needs.tables} tables are locked at once by pg_dump and at the cutover.`,
      hint: 'Raise max_locks_per_transaction and restart the server.',
      fix: { statements: [`ALTER SYSTEM SET max_locks_per_transaction = ${wanted}`], isSafe: false, needsRestart: true },
    });
  }
  return findings;
}

/** The copy could be made, and then nothing could come of it. */
function snapshotOfStandby(): PairFinding {
  return {
    severity: 'blocker',
    code: 'DATABASE_STANDBY',
    subject: 'source',
    message: 'The source is a read-only standby: at the cutover it can neither be frozen nor be proved to be at rest.',
    hint: 'Register its primary as the endpoint, or promote it.',
  };
}

function oldTransaction({ oldestTransactionSeconds, oldestTransactionPid }: ServerFacts): PairFinding {
  return {
    severity: 'warning',
    code: 'DATABASE_TRANSACTION_OLD',
    subject: 'source',
    message: `A transaction of session ${oldestTransactionPid} has been open for ${oldestTransactionSeconds} s: a replication slot is made only when all transactions of the server that had begun have ended.`,
    hint: 'Wait for its end, or end its session.',
    fix: { statements: [`SELECT pg_terminate_backend(${oldestTransactionPid})`], isSafe: false, needsRestart: false },
  };
}

function prepared({ prepared: gids }: ServerFacts): PairFinding {
  return {
    severity: 'warning',
    code: 'DATABASE_PREPARED_TRANSACTIONS',
    subject: 'source',
    message: `${gids.length} transactions are prepared and not ended (first: "${gids[0]}"): they hold up the slot and, where they hold a migrated table, the cutover.`,
    hint: 'End each by COMMIT PREPARED or ROLLBACK PREPARED, as its coordinator decides.',
  };
}

function largeObjects({ largeObjects: count }: ServerFacts): PairFinding {
  return {
    severity: 'warning',
    code: 'DATABASE_LARGE_OBJECTS_LIVE',
    subject: 'source',
    message: `${count} large objects are copied as they are at the beginning: the server's change stream does not carry what is written to them later.`,
    hint: 'Leave them unchanged until the cutover, move them to a bytea column, or migrate one snapshot (--snapshot-only).',
  };
}

function eventTriggers({ eventTriggers: names }: ServerFacts, subject: Side): PairFinding {
  return {
    severity: subject === 'target' ? 'warning' : 'note',
    code: 'DATABASE_EVENT_TRIGGERS',
    subject,
    message: `Event triggers are enabled (${names.slice(0, 5).join(', ')}): they fire at what the migration itself creates and drops.`,
    hint: 'See that they allow it, or disable them for the time of the migration.',
    fix: { statements: names.map((name) => `ALTER EVENT TRIGGER ${quoteName(name)} DISABLE`), isSafe: false, needsRestart: false },
  };
}

function publications({ publications: names }: ServerFacts): PairFinding {
  return {
    severity: 'note',
    code: 'DATABASE_PUBLICATIONS_LEFT',
    subject: 'source',
    message: `Publications of the source are not made at the target (${names.slice(0, 5).join(', ')}).`,
    hint: 'Where somebody will subscribe to the target, bring them along: --with-publications (publications).',
  };
}

function extensionTables({ extensionTables: names }: ServerFacts): PairFinding {
  return {
    severity: 'warning',
    code: 'DATABASE_EXTENSION_ROWS',
    subject: 'source',
    message: `Tables of extensions hold rows of this database, which are not migrated: ${names.slice(0, 5).join(', ')}.`,
    hint: 'Carry them over once the schema is at the target, before the cutover: pg_dump --data-only --table=… of the source takes just these rows.',
  };
}

function subscriptions({ subscriptions: names }: ServerFacts): PairFinding {
  const statements = (names ?? []).map((name) => `ALTER SUBSCRIPTION ${quoteName(name)} DISABLE`);
  return {
    severity: 'warning',
    code: 'DATABASE_SUBSCRIBES',
    subject: 'source',
    message: `The source takes changes from elsewhere by subscriptions (${names?.join(', ')}): they go on writing until the cutover locks them out, and do not move.`,
    hint: 'Disable them before the cutover, then subscribe at the target.',
    fix: { statements, isSafe: false, needsRestart: false },
  };
}

function notOwner({ database, user }: ServerFacts): PairFinding {
  return {
    severity: 'warning',
    code: 'DATABASE_FREEZE_NOT_OWNER',
    subject: 'source',
    message: `The role "${user}" does not own the database: at the cutover it cannot make new sessions read-only or keep them away, only lock the tables.`,
    hint: 'Grant it the owner’s role, or make it the owner.',
    fix: { statements: [`ALTER DATABASE ${quoteName(database)} OWNER TO ${quoteName(user)}`], isSafe: false, needsRestart: false },
  };
}

function createDenied({ database, user, mayCreateSchema }: ServerFacts): PairFinding {
  const statement = mayCreateSchema
    ? `GRANT CREATE, USAGE ON SCHEMA public TO ${quoteName(user)}`
    : `GRANT CREATE ON DATABASE ${quoteName(database)} TO ${quoteName(user)}`;
  return {
    severity: 'blocker',
    code: 'DATABASE_CREATE_DENIED',
    subject: 'target',
    message: `The role "${user}" may not create ${mayCreateSchema ? 'tables in the schema public' : 'schemas in the database'}.`,
    hint: 'Give it the right, as the owner or an administrator.',
    fix: { statements: [statement], isSafe: true, needsRestart: false },
  };
}

function triggersFire({ user, version }: ServerFacts, isLive: boolean): PairFinding {
  const statement = `GRANT SET ON PARAMETER session_replication_role TO ${quoteName(user)}`;
  const canGrant = version >= 150_000;
  return {
    severity: 'warning',
    code: 'DATABASE_TRIGGERS_FIRE',
    subject: 'target',
    message: `The role "${user}" may not set session_replication_role: triggers and foreign keys of the target act on rows that are ${isLive ? 'streamed' : 'repaired'}, as if an application wrote them.`,
    hint: canGrant ? 'Give it the right, as an administrator.' : 'Use a superuser or the managed service’s administrator role.',
    ...(canGrant ? { fix: { statements: [statement], isSafe: true, needsRestart: false } } : {}),
  };
}
