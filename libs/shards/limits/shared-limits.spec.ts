import { freshDatabase } from '@smartant/test-servers';
import { openDatabase, type Database } from '@smartant/platform/postgres';
import { limitMigrations } from './limit-migrations';
import { LimitStore, type LimitAsk, type LimitGrant } from './limit-store';
import { scopeKey, type Limits, type ScopedLimits } from './limits';
import type { LimitedWork } from './limited-work';
import { SharedLimits } from './shared-limits';

const SCOPE = scopeKey('endpoint', 'ep1');
const MIGRATION = scopeKey('migration', 'm1');

/** Counts what the database granted, by the database's own clock. */
class CountingStore extends LimitStore {
  static granted = { bytes: 0, requests: 0 };
  draws = 0;
  away = false;

  override async draw(workerId: string, draw: number, asks: readonly LimitAsk[], leaseMs: number): Promise<LimitGrant[]> {
    if (this.away) throw new Error('the database is away');
    this.draws += 1;
    const grants = await super.draw(workerId, draw, asks, leaseMs);
    for (const grant of grants.filter(({ scope }) => scope === SCOPE)) {
      CountingStore.granted.bytes += grant.bytes;
      CountingStore.granted.requests += grant.requests;
    }
    return grants;
  }
}

interface Replica {
  store: CountingStore;
  limits: SharedLimits;
  work: LimitedWork;
}

describe('SharedLimits', () => {
  const databases: Database[] = [];
  let url: string;
  let replicas: Replica[];
  let stop: AbortController;
  const loops: Promise<void>[] = [];
  const errors: Error[] = [];

  const open = async (): Promise<Database> => {
    const database = await openDatabase({ url, schema: 'work', migrations: limitMigrations(), applicationName: 'limits', poolSize: 2 });
    databases.push(database);
    return database;
  };
  const db = (): Database => databases[0] as Database;
  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await holds())) {
      if (errors.length > 0 && !replicas.some(({ store }) => store.away)) throw errors[0];
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const told = (limits: Partial<Limits>, version = 1, scope = SCOPE): ScopedLimits => ({
    scope,
    version,
    limits: { bytesPerSecond: 0, requestsPerSecond: 0, concurrency: 0, ...limits },
  });
  const set = async (limits: ScopedLimits): Promise<void> => {
    await replicas[0]?.store.set(db(), [limits]);
    for (const { work } of replicas) work.hear([limits]);
  };
  const replica = async (index: number, leaseMs?: number): Promise<Replica> => {
    const store = new CountingStore(databases[index] ?? (await open()));
    const limits = new SharedLimits({ store, workerId: `w${index}-${Math.random()}`, leaseMs, onError: (error) => errors.push(error) });
    return { store, limits, work: limits.open([SCOPE, MIGRATION]) };
  };

  beforeAll(async () => {
    url = await freshDatabase('limits');
    for (let i = 0; i < 3; i += 1) await open();
  });
  beforeEach(async () => {
    await db().query('DELETE FROM limit_scope');
    stop = new AbortController();
    CountingStore.granted = { bytes: 0, requests: 0 };
    errors.splice(0);
    replicas = [await replica(0), await replica(1), await replica(2)];
  });
  afterEach(async () => {
    stop.abort();
    await Promise.all(loops.splice(0));
    await Promise.all(replicas.map(({ limits }) => limits.close()));
  });
  afterAll(() => Promise.all(databases.map((database) => database.close())));

  const spend = (at: number, bytes: number, onTaken: (bytes: number) => void, pauseMs = 0): void => {
    const spending = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await replicas[at]?.work.take([{ scope: SCOPE, bytes, requests: 1 }], stop.signal);
        onTaken(bytes);
        await new Promise((resolve) => (pauseMs > 0 ? setTimeout(resolve, pauseMs) : setImmediate(resolve)));
      }
    };
    loops.push(spending().catch(() => undefined));
  };
  const sinceFirstDraw = async (): Promise<number> => {
    const [row] = await db().query<{ seconds: number }>(
      `SELECT extract(epoch FROM scope.filled_at - since.at)::float8 AS seconds FROM limit_scope AS scope, began AS since WHERE scope = $1`,
      [SCOPE],
    );
    return row?.seconds ?? 0;
  };
  const begin = async (): Promise<void> => {
    await db().query('CREATE TABLE IF NOT EXISTS began (at timestamptz)');
    await db().query('DELETE FROM began');
    await db().query('INSERT INTO began SELECT filled_at FROM limit_scope WHERE scope = $1', [SCOPE]);
  };

  it('grants processes of uneven demand the limit together, and no more than 5% above it', async () => {
    const rate = 400_000;
    await set(told({ bytesPerSecond: rate }));
    await begin();
    const taken = [0, 0, 0];
    const count = (at: number) => (bytes: number) => void (taken[at] = (taken[at] ?? 0) + bytes);
    for (let i = 0; i < 20; i += 1) spend(0, 7_000, count(0));
    for (let i = 0; i < 3; i += 1) spend(1, 64_000, count(1));
    spend(2, 500, count(2), 50);
    // Once all are under way, the bucket's level stays about the same.
    await until(async () => (await sinceFirstDraw()) > 1);
    const before = CountingStore.granted.bytes;
    await begin();
    await until(async () => (await sinceFirstDraw()) > 4);
    const [granted, seconds] = [CountingStore.granted.bytes - before, await sinceFirstDraw()];
    // Less only where the machine has no time for them.
    expect(granted / (rate * seconds)).toBeGreaterThan(0.8);
    expect(granted / (rate * seconds)).toBeLessThan(1.05);
    const total = taken.reduce((sum, bytes) => sum + bytes, 0);
    // What passed was paid for, but for what is being collected.
    expect(total).toBeLessThanOrEqual(CountingStore.granted.bytes);
    // Two are hungry and share evenly enough, the third gets the little that it wants.
    expect((taken[0] ?? 0) / (taken[1] ?? 1)).toBeGreaterThan(0.7);
    expect((taken[0] ?? 0) / (taken[1] ?? 1)).toBeLessThan(1.4);
    expect(taken[2]).toBeGreaterThan(0);
  });

  it('holds a limit of requests, and obeys a change while demands wait', async () => {
    await set(told({ requestsPerSecond: 1 }));
    let taken = 0;
    for (let i = 0; i < 40; i += 1) spend(i % 2, 0, () => void (taken += 1));
    await until(() => taken >= 2);
    await set(told({ requestsPerSecond: 300 }, 2));
    await until(() => taken > 100);
    await begin();
    CountingStore.granted.requests = 0;
    await until(async () => (await sinceFirstDraw()) > 2);
    const share = CountingStore.granted.requests / (300 * (await sinceFirstDraw()));
    expect(share).toBeGreaterThan(0.75);
    expect(share).toBeLessThan(1.1);
    await set(told({}, 3));
    const before = taken;
    await until(() => taken > before + 2_000);
  });

  it('never has more in flight than the limit, and leaves none of it unused', async () => {
    const limit = 7;
    await set(told({ concurrency: limit }));
    let inFlight = 0;
    let most = 0;
    const each = [0, 0, 0];
    const idle = new Set<number>();
    const work = async (at: number): Promise<void> => {
      while (!stop.signal.aborted) {
        if (idle.has(at)) return;
        const leave = await replicas[at]?.work.enter(stop.signal);
        most = Math.max(most, ++inFlight);
        each[at] = (each[at] ?? 0) + 1;
        await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 10));
        inFlight -= 1;
        each[at] = (each[at] ?? 0) - 1;
        leave?.();
      }
    };
    const run = (at: number, count: number): void => {
      for (let i = 0; i < count; i += 1) loops.push(work(at).catch(() => undefined));
    };
    run(0, 30);
    run(1, 30);
    run(2, 1);
    await until(() => (each[0] ?? 0) >= 3 && (each[1] ?? 0) >= 3 && each[2] === 1);
    idle.add(0).add(2);
    await until(() => each[1] === limit);
    idle.clear();
    run(0, 30);
    await until(() => (each[0] ?? 0) >= 3);
    expect(most).toBe(limit);
  });

  it('serves every process in turn when there are fewer places than processes', async () => {
    replicas = [await replica(0, 1_500), await replica(1, 1_500), await replica(2, 1_500)];
    await set(told({ concurrency: 1 }));
    const served = new Set<number>();
    let inFlight = 0;
    for (const at of [0, 1, 2]) {
      const work = async (): Promise<void> => {
        while (!stop.signal.aborted) {
          const leave = await replicas[at]?.work.enter(stop.signal);
          expect(++inFlight).toBe(1);
          served.add(at);
          await new Promise((resolve) => setTimeout(resolve, 5));
          inFlight -= 1;
          leave?.();
        }
      };
      loops.push(work().catch(() => undefined));
    }
    await until(() => served.size === 3);
  }, 60_000);

  it('stops when the database is away, and leaves its places to others after its lease', async () => {
    const [first, second] = [await replica(0, 900), await replica(1, 900)];
    replicas.push(first, second);
    await set(told({ concurrency: 4 }));
    const leaves: (() => void)[] = [];
    for (let i = 0; i < 4; i += 1) leaves.push(await first.work.enter(stop.signal));
    first.store.away = true;
    for (const leave of leaves) leave();
    // The other one gets all four only once the first one's lease has run out.
    const entered = await Promise.all(Array.from({ length: 4 }, () => second.work.enter(stop.signal)));
    let late = 0;
    const entering = first.work.enter(stop.signal).then(() => (late += 1));
    entering.catch(() => undefined);
    const tried = errors.length;
    await until(() => errors.length > tried + 1);
    expect(late).toBe(0);
    errors.splice(0);
    first.store.away = false;
    entered[0]?.();
    await until(() => late === 1);
  });

  it('asks nothing of the database while nothing is limited', async () => {
    await set(told({ bytesPerSecond: 0 }));
    for (let i = 0; i < 1_000; i += 1) {
      await replicas[0]?.work.take([{ scope: SCOPE, bytes: 1 << 30, requests: 1 }], stop.signal);
      (await replicas[0]?.work.enter(stop.signal))?.();
    }
    expect(replicas[0]?.store.draws).toBe(0);
  });

  it('charges every scope, and takes nothing where one demand is aborted', async () => {
    await set(told({ requestsPerSecond: 1_000 }));
    await set(told({ bytesPerSecond: 10 }, 1, MIGRATION));
    const abort = new AbortController();
    const charges = [
      { scope: SCOPE, bytes: 0, requests: 1 },
      { scope: MIGRATION, bytes: 1e9, requests: 0 },
    ];
    const work = replicas[0]?.work as LimitedWork;
    const refused = expect(work.take(charges, abort.signal)).rejects.toThrow('enough');
    const behind = work.take([{ scope: SCOPE, bytes: 0, requests: 1 }], stop.signal);
    abort.abort(new Error('enough'));
    await refused;
    await behind;
  });

  it('lets no earlier word undo a later one', async () => {
    const store = replicas[0]?.store as CountingStore;
    await store.set(db(), [told({ requestsPerSecond: 5 }, 7)]);
    await store.set(db(), [told({ requestsPerSecond: 9 }, 6)]);
    expect(await db().query('SELECT requests_per_second AS rate, version::int FROM limit_scope')).toEqual([{ rate: 5, version: 7 }]);
  });
});
