import { quoteName } from '../catalog/catalog';
import type { PairFinding, Side } from './pair-finding';
import type { ServerFacts } from './server-facts';

/** What a server needs so that changes can be streamed from it: of the source, and of the target for the way back. */
export function liveFindings(facts: ServerFacts, side: Side): PairFinding[] {
  return [
    walLevel(facts, side),
    standby(facts, side),
    slots(facts, side),
    senders(facts, side),
    right(facts, side),
    keepSize(facts, side),
  ].filter((finding) => finding !== null);
}

function walLevel({ settings }: ServerFacts, subject: Side): PairFinding | null {
  if (settings['wal_level'] === 'logical') return null;
  return {
    severity: 'blocker',
    code: 'DATABASE_WAL_LEVEL',
    subject,
    message: `The server writes its log at wal_level "${settings['wal_level']}"; changes can be read from it only at "logical".`,
    hint: `Set it to "logical" and restart the server; on managed services it is a parameter (rds.logical_replication, cloudsql.logical_decoding). ${without(subject)}`,
    fix: { statements: [`ALTER SYSTEM SET wal_level = 'logical'`], isSafe: false, needsRestart: true },
  };
}

function standby({ isInRecovery }: ServerFacts, subject: Side): PairFinding | null {
  if (!isInRecovery) return null;
  return {
    severity: 'blocker',
    code: 'DATABASE_STANDBY',
    subject,
    message: 'The server is a read-only standby: publications, slots and a freeze need its primary.',
    hint: `Register the primary as the endpoint. ${without(subject)}`,
  };
}

function slots({ settings, usedSlots }: ServerFacts, subject: Side): PairFinding | null {
  const limit = Number(settings['max_replication_slots']);
  // One for the stream, one for a table that is copied again meanwhile.
  if (limit - usedSlots >= 2) return null;
  const wanted = usedSlots + 4;
  return {
    severity: limit - usedSlots < 1 ? 'blocker' : 'warning',
    code: 'DATABASE_SLOTS_USED_UP',
    subject,
    message: `${usedSlots} of ${limit} replication slots are in use; a migration needs one, and a second one to copy a table again.`,
    hint: 'Drop slots that nobody uses (pg_replication_slots), or raise max_replication_slots and restart the server.',
    fix: { statements: [`ALTER SYSTEM SET max_replication_slots = ${wanted}`], isSafe: false, needsRestart: true },
  };
}

function senders({ settings, usedSenders }: ServerFacts, subject: Side): PairFinding | null {
  const limit = Number(settings['max_wal_senders']);
  if (limit - usedSenders >= 2) return null;
  const wanted = usedSenders + 4;
  return {
    severity: limit - usedSenders < 1 ? 'blocker' : 'warning',
    code: 'DATABASE_SENDERS_USED_UP',
    subject,
    message: `${usedSenders} of ${limit} senders of the log are in use; a migration needs one, and a second one to copy a table again.`,
    hint: 'Raise max_wal_senders and restart the server.',
    fix: { statements: [`ALTER SYSTEM SET max_wal_senders = ${wanted}`], isSafe: false, needsRestart: true },
  };
}

function right({ mayReplicate, user }: ServerFacts, subject: Side): PairFinding | null {
  if (mayReplicate) return null;
  return {
    severity: 'blocker',
    code: 'DATABASE_REPLICATION_DENIED',
    subject,
    message: `The role "${user}" may not read changes: it has not the attribute REPLICATION.`,
    hint: `Give it to the role as an administrator; on Amazon RDS: GRANT rds_replication TO ${quoteName(user)};`,
    fix: { statements: [`ALTER ROLE ${quoteName(user)} REPLICATION`], isSafe: false, needsRestart: false },
  };
}

/** Megabytes below which an afternoon's load ends a slot. */
const SMALL_KEEP_MB = 4_096;

function keepSize({ settings }: ServerFacts, subject: Side): PairFinding | null {
  const keptMb = Number(settings['max_slot_wal_keep_size'] ?? -1);
  if (keptMb < 0 || keptMb >= SMALL_KEEP_MB) return null;
  return {
    severity: 'warning',
    code: 'DATABASE_SLOT_KEEP_SMALL',
    subject,
    message: `The server keeps at most ${keptMb} MB of log for a slot (max_slot_wal_keep_size); when the migration falls behind by more, it has to begin again.`,
    hint: 'Raise it: the migration has a limit of its own (--max-retained-wal).',
    fix: {
      statements: [`ALTER SYSTEM SET max_slot_wal_keep_size = '${SMALL_KEEP_MB}MB'`, 'SELECT pg_reload_conf()'],
      isSafe: false,
      needsRestart: false,
    },
  };
}

/** What goes without a stream. */
function without(subject: Side): string {
  return subject === 'source' ? 'Or migrate one snapshot (--snapshot-only).' : 'Or migrate without a way back (--no-reverse).';
}
