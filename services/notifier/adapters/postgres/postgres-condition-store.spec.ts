import { openDatabase, type Database } from '@smartant/platform/postgres';
import { freshDatabase } from '@smartant/test-servers';
import type { AlertReport } from '../../domain/alert';
import type { Sighting } from '../../watchers/findings/finding';
import type { ObjectFinding } from '../../watchers/session/condition-store';
import { tellConditions } from '../../watchers/session/tell-conditions';
import { PostgresConditionStore } from './postgres-condition-store';
import { WatcherLease, type Lease } from './watcher-lease';
import { watcherMigrations } from './watcher-migrations';

let database: Database;
let lease: WatcherLease;
let held: Lease;
let store: PostgresConditionStore;
let told: AlertReport[];
const intake = { report: async (reports: readonly AlertReport[]) => void told.push(...reports) };

beforeAll(async () => {
  database = await openDatabase({
    url: await freshDatabase('watchers'),
    schema: 'notifier',
    migrations: watcherMigrations,
    applicationName: 'test',
  });
  lease = new WatcherLease(database, 60);
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.query('TRUNCATE watcher_lease, watcher_position, watcher_condition, watcher_event');
  held = (await lease.take('a'))!;
  store = new PostgresConditionStore(database, lease, held);
  told = [];
});

const finding = (object: string, more: Partial<ObjectFinding> = {}): ObjectFinding => ({
  ...{ object, name: 'node-not-ready', severity: 'critical', labels: { node: object }, annotations: {}, holdSeconds: 0 },
  ...more,
});
const sighting = (uid: string, count: number, more: Partial<Sighting> = {}): Sighting => ({
  ...{ uid, count, name: 'pod-evicted', severity: 'warning', labels: { workload: 'web' }, annotations: {}, threshold: 1, silent: false },
  ...more,
});
const settleAndTell = async (...scopes: string[]) => {
  await store.settle(scopes);
  await tellConditions(store, intake, 3_600);
  return told.splice(0).map(({ name, labels, endsAt }) => `${name} ${labels['node'] ?? labels['workload']} ${endsAt ? 'over' : 'fires'}`);
};
const later = (seconds: number) =>
  database.query(
    `UPDATE watcher_condition SET first_seen_at = first_seen_at - make_interval(secs => $1),
    last_seen_at = last_seen_at - make_interval(secs => $1), told_at = told_at - make_interval(secs => $1)`,
    [seconds],
  );
const sight = (...sightings: Sighting[]) => store.sight('events', sightings, { listId: 1, quietSeconds: 60 });

describe('findings', () => {
  it('fire once, go on without a word, and end; and nothing of them stays', async () => {
    await store.replace('nodes', null, [finding('a'), finding('b')]);
    expect((await settleAndTell('nodes')).sort()).toEqual(['node-not-ready a fires', 'node-not-ready b fires']);
    await store.replace('nodes', null, [finding('a'), finding('b')]);
    expect(await settleAndTell('nodes')).toEqual([]);
    await store.replace('nodes', ['a'], []);
    expect(await settleAndTell('nodes')).toEqual(['node-not-ready a over']);
    await store.replace('nodes', null, []);
    expect(await settleAndTell('nodes')).toEqual(['node-not-ready b over']);
    expect(await database.query('SELECT 1 FROM watcher_condition')).toEqual([]);
  });

  it('are told when they have lasted, on the database’s clock, and not at all when they pass before', async () => {
    await store.replace('nodes', null, [finding('a', { holdSeconds: 60 }), finding('b', { holdSeconds: 60 })]);
    expect(await settleAndTell('nodes')).toEqual([]);
    await store.replace('nodes', ['b'], []);
    await later(61);
    expect(await settleAndTell('nodes')).toEqual(['node-not-ready a fires']);
  });

  it('neither begin nor end by time while nobody sees them', async () => {
    await store.replace('nodes', null, [finding('a')]);
    await sight(sighting('u', 1));
    await later(61);
    expect(await settleAndTell()).toEqual([]);
    expect((await settleAndTell('nodes')).sort()).toEqual(['node-not-ready a fires']);
  });

  it('are said again while they last', async () => {
    await store.replace('nodes', null, [finding('a')]);
    await settleAndTell('nodes');
    await later(3_601);
    expect(await settleAndTell('nodes')).toEqual(['node-not-ready a fires']);
    expect(await settleAndTell('nodes')).toEqual([]);
  });

  it('that come again while their end is on its way begin after it', async () => {
    await store.replace('nodes', null, [finding('a')]);
    await settleAndTell('nodes');
    await store.replace('nodes', null, []);
    const onItsWay = await store.due(3_600, 10);
    await store.replace('nodes', null, [finding('a')]);
    await intake.report(onItsWay.map(({ report }) => report));
    await store.told(onItsWay);
    const [end] = told.splice(0);
    await tellConditions(store, intake, 3_600);
    expect(told).toHaveLength(1);
    expect(told[0]!.endsAt).toBeNull();
    expect(told[0]!.startsAt.getTime()).toBeGreaterThan(end!.endsAt!.getTime());
  });

  it('are told again when the note of it was lost, and never lost when the intake is away', async () => {
    await store.replace('nodes', null, [finding('a')]);
    await store.settle(['nodes']);
    await expect(tellConditions(store, { report: () => Promise.reject(new Error('away')) }, 3_600)).rejects.toThrow('away');
    const [due] = await store.due(3_600, 10);
    await intake.report([due!.report]);
    expect(await settleAndTell('nodes')).toEqual(['node-not-ready a fires', 'node-not-ready a fires']);
  });

  it('of what is not watched any more are over', async () => {
    await store.replace('pods/old', null, [finding('a')]);
    await settleAndTell('pods/old');
    await store.retire(['nodes']);
    expect(await settleAndTell('nodes')).toEqual(['node-not-ready a over']);
  });

  it('keep what can be stored of hostile words, and no secret', async () => {
    const annotations = { message: 'pull https://me:hunter2@registry/\u0000 \ud83d' };
    await store.replace('nodes', null, [finding('a', { annotations })]);
    await store.settle(['nodes']);
    await tellConditions(store, intake, 3_600);
    expect(told[0]!.annotations['message']).toBe('pull https://[redacted]@registry/ \ufffd');
  });
});

describe('sightings', () => {
  const count = async () =>
    (await database.query<{ occurrences: string }>('SELECT occurrences FROM watcher_condition')).map((row) => Number(row.occurrences));

  it('are counted once by uid and count, however often and in whatever order they come', async () => {
    await sight(sighting('u', 3), sighting('v', 1));
    await sight(sighting('u', 3), sighting('v', 1));
    await sight(sighting('u', 2), sighting('u', 5), sighting('u', 4));
    expect(await count()).toEqual([6]);
  });

  it('are over when it was quiet for long enough, and begin anew after that', async () => {
    await sight(sighting('u', 1));
    expect(await settleAndTell('events')).toEqual(['pod-evicted web fires']);
    await later(61);
    expect(await settleAndTell('events')).toEqual(['pod-evicted web over']);
    await sight(sighting('u', 1));
    expect(await settleAndTell('events')).toEqual([]);
    await sight(sighting('u', 2));
    expect(await settleAndTell('events')).toEqual(['pod-evicted web fires']);
  });

  it('are not over by a time in which nobody watched', async () => {
    await sight(sighting('u', 1));
    await settleAndTell('events');
    await later(61);
    await store.restartQuiet(['events']);
    expect(await settleAndTell('events')).toEqual([]);
    await later(61);
    expect(await settleAndTell('events')).toEqual(['pod-evicted web over']);
  });

  it('below their threshold are not told', async () => {
    await sight(sighting('u', 2, { threshold: 3 }));
    expect(await settleAndTell('events')).toEqual([]);
    await sight(sighting('v', 1, { threshold: 3 }));
    expect(await settleAndTell('events')).toEqual(['pod-evicted web fires']);
  });

  it('that are silent are known from then on', async () => {
    await sight(sighting('u', 5, { silent: true }));
    expect(await count()).toEqual([]);
    await sight(sighting('u', 6));
    expect(await count()).toEqual([1]);
  });

  it('are forgotten when the cluster has forgotten them, by a change or at the end of a list', async () => {
    await sight(sighting('u', 1), sighting('v', 1), sighting('w', 1));
    await store.sight('events', [], { listId: 1, quietSeconds: 60, forgotten: ['u'], position: '7' });
    expect(await store.position('events')).toBe('7');
    await store.sight('events', [sighting('v', 1)], { listId: 2, quietSeconds: 60 });
    await store.endList('events', 2, '9');
    expect(await database.query('SELECT uid FROM watcher_event')).toEqual([{ uid: 'v' }]);
    expect(await store.position('events')).toBe('9');
  });

  it('of pods stay when the findings of pods are replaced', async () => {
    await store.sight('pods', [sighting('u', 1)], { listId: 1, quietSeconds: 60 });
    await store.replace('pods', null, []);
    expect(await count()).toEqual([1]);
  });
});

describe('the lead', () => {
  it('is one replica’s until it runs out or is handed back, each time with a higher epoch', async () => {
    expect(await lease.take('b')).toBeNull();
    await lease.renew(held);
    await lease.handBack(held);
    const [next, none] = await Promise.all([lease.take('b'), lease.take('c')]).then((taken) => taken.sort((one) => (one ? -1 : 1)));
    expect([next!.epoch, none]).toEqual(['2', null]);
    await expect(lease.renew(held)).rejects.toMatchObject({ code: 'WATCHER_LEASE_LOST' });
  });

  it('that is lost lets nothing be written, even if nobody has taken it yet', async () => {
    await lease.handBack(held);
    await expect(store.replace('nodes', null, [finding('a')])).rejects.toMatchObject({ code: 'WATCHER_LEASE_LOST' });
    await lease.take('b');
    await expect(sight(sighting('u', 1))).rejects.toMatchObject({ code: 'WATCHER_LEASE_LOST' });
    await expect(store.told([])).rejects.toMatchObject({ code: 'WATCHER_LEASE_LOST' });
    expect(await database.query('SELECT 1 FROM watcher_condition UNION ALL SELECT 1 FROM watcher_event')).toEqual([]);
  });

  it('cannot be taken in the middle of a write', async () => {
    const order: string[] = [];
    const { promise: middle, resolve: reach } = Promise.withResolvers<void>();
    const { promise: go, resolve: release } = Promise.withResolvers<void>();
    const writing = lease.fenced(held, async () => {
      reach();
      await go;
      order.push('written');
    });
    await middle;
    const over = lease
      .handBack(held)
      .then(() => lease.take('b'))
      .then(() => order.push('taken'));
    release();
    await Promise.all([writing, over]);
    expect(order).toEqual(['written', 'taken']);
  });
});
