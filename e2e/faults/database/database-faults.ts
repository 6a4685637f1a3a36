import { Client } from 'pg';
import { databaseCrash, last, networkFaults, replicaFaults, type FaultKind } from '../chaos/fault-kinds';
import type { SeededRandom } from '../chaos/seeded-random';
import type { ReplicatedPlatform } from '../../platform/replicated-platform';
import type { DatabaseUnderFault } from './database-under-fault';

export interface DatabaseWorld {
  platform: ReplicatedPlatform;
  source: DatabaseUnderFault;
  target: DatabaseUnderFault;
  /** The databases of migrations that are under way, by end: where sessions of applications get in the way. */
  urls: { source: Set<string>; target: Set<string> };
}

type End = 'source' | 'target';
type DatabaseFault = FaultKind<DatabaseWorld>;

const crash = (target: End): DatabaseFault => ({
  name: `crash the ${target}`,
  weight: 4,
  target,
  strike: async (world, random) => {
    const { server } = world[target];
    const how = random.pick(['kill', 'immediate'] as const);
    await server.crash(how);
    const downMs = random.between(0, 3_000);
    await last(downMs);
    await server.start();
    return `${how}, down for ${downMs} ms`;
  },
});

/** A session of an application that holds something for longer than it should. What it did is taken back. */
const session = (target: End, name: string, weight: number, statements: (random: SeededRandom) => string[]): DatabaseFault => ({
  name: `${name} at the ${target}`,
  weight,
  target,
  strike: async (world, random) => {
    const heldMs = random.between(500, 6_000);
    const asked = statements(random);
    const results = await Promise.all([...world.urls[target]].map((url) => hold(url, asked, heldMs)));
    return `for ${heldMs} ms in ${results.filter(Boolean).length} of ${results.length} databases`;
  },
});

/** False when it was refused or ended: a freeze does that, and a database whose tables are not made yet. */
async function hold(url: string, statements: string[], heldMs: number): Promise<boolean> {
  const client = new Client({ connectionString: url, application_name: 'in the way', connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(`SET lock_timeout = '5s'`);
    for (const statement of ['BEGIN', ...statements]) await client.query(statement);
    await last(heldMs);
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const sessionFaults = (target: End): DatabaseFault[] => [
  session(target, 'a transaction that stays open', 2, (random) => [
    'SELECT txid_current()',
    `SELECT FROM bank.account WHERE id = ${random.between(1, 200)} FOR UPDATE`,
  ]),
  session(target, 'a locked table', 2, (random) => [
    `LOCK TABLE bank.${random.pick(['account', 'transfer'])} IN ${random.pick(['ACCESS EXCLUSIVE', 'SHARE ROW EXCLUSIVE'])} MODE`,
  ]),
];

/**
 * Whoever reads from a slot is ended, and what a second slot was kept for is lost with it: those of comparisons go with their sessions, that of
 * tables which are brought in is dropped. The stream's own is not: its loss ends a migration, which is another test.
 */
const lostSlots = (target: End): DatabaseFault => ({
  name: `lose slots of the ${target}`,
  weight: 3,
  target,
  strike: async (world) => {
    const results = await Promise.all([...world.urls[target]].map((url) => loseSlots(url).catch(() => 0)));
    return `${results.reduce((sum, lost) => sum + lost, 0)} in ${results.length} databases`;
  },
});

async function loseSlots(url: string): Promise<number> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query(
      'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = current_database() AND active',
    );
    const { rowCount: dropped } = await client.query(
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database() AND NOT active AND slot_name LIKE '%_sync'`,
    );
    return (rowCount ?? 0) + (dropped ?? 0);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Every kind that a migration of databases can suffer. */
export function databaseFaultKinds(): DatabaseFault[] {
  return [
    ...replicaFaults('db-migrator'),
    ...replicaFaults('scheduler').map((kind) => ({ ...kind, weight: kind.weight / 2 })),
    databaseCrash,
    ...networkFaults('database', ({ platform }: DatabaseWorld) => platform.database, 1),
    ...networkFaults('source', ({ source }: DatabaseWorld) => source.network, 1.5),
    ...networkFaults('target', ({ target }: DatabaseWorld) => target.network, 1.5),
    ...(['source', 'target'] as const).flatMap((target) => [crash(target), lostSlots(target), ...sessionFaults(target)]),
  ];
}
