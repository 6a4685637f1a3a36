// pg-boss: one queue, jobs with the ranges of shards in them.
import { pathToFileURL } from 'node:url';

const QUEUE = 'sync';
const load = (modules) => import(pathToFileURL(`${modules}/pg-boss/dist/index.js`).href);

export const settings = {
  default: { boss: {}, queue: {}, says: 'expires after 900 s, no heartbeat, looked for every 60 s', waitSeconds: 15 * 60 + 60 },
  tuned: {
    boss: { superviseIntervalSeconds: 1, monitorIntervalSeconds: 1 },
    // The shortest heartbeat that it takes.
    queue: { heartbeatSeconds: 10, retryLimit: 1_000_000 },
    says: 'heartbeat 10 s (its shortest), looked for every second',
  },
};

async function start(modules, options) {
  const { PgBoss } = await load(modules);
  const boss = new PgBoss({ schedule: false, ...options });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  return boss;
}

export async function connect({ url, modules, connections }) {
  const boss = await start(modules, { connectionString: url, max: connections, supervise: false, monitorIntervalSeconds: 1 });
  if (!(await boss.getQueue(QUEUE))) await boss.createQueue(QUEUE);
  const query = (sql, values) => boss.getDb().executeSql(sql, values);
  return {
    query,
    retune: (setting) => boss.updateQueue(QUEUE, settings[setting].queue),
    supervise: () => boss.supervise(QUEUE),
    async fill(jobs) {
      await query(`DELETE FROM pgboss.job WHERE state < 'completed'`);
      for (let done = 0; done < jobs; done += 5_000) {
        const rows = Array.from({ length: Math.min(5_000, jobs - done) }, (_, n) => ({ data: range(done + n) }));
        await boss.insert(QUEUE, rows);
      }
      await query('VACUUM (ANALYZE) pgboss.job');
      await query('CHECKPOINT');
    },
    async addFinished(count) {
      const present = (await query(`SELECT count(*)::int AS count FROM pgboss.job WHERE state = 'completed'`)).rows[0].count;
      await query(
        `INSERT INTO pgboss.job (name, data, state, policy, started_on, completed_on)
         SELECT $1, jsonb_build_object('after', 'folder/object-' || n, 'through', 'folder/object-' || n + 1), 'completed', 'standard', now(), now()
         FROM generate_series(1, $2::int) AS n`,
        [QUEUE, Math.max(0, count - present)],
      );
      await query('VACUUM (ANALYZE) pgboss.job');
    },
    claim: (count) => boss.fetch(QUEUE, { batchSize: count }),
    complete: (job) => boss.complete(QUEUE, job),
    completeById: (job) => boss.complete(QUEUE, job.id),
    completeTogether: (jobs) => boss.complete(QUEUE, jobs),
    forget: (jobs) => query('DELETE FROM pgboss.job WHERE name = $1 AND id = ANY ($2::uuid[])', [QUEUE, jobs.map(({ id }) => id)]),
    abandon: () => query(`UPDATE pgboss.job SET started_on = now() - interval '1 day' WHERE state = 'active'`),
    close: () => boss.stop({ graceful: false }),
  };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const range = (n) => ({ after: `folder/object-${n}`, through: `folder/object-${n + 1}` });

export async function staleCompletion(engine) {
  const outcome = async (complete) => {
    await engine.fill(1);
    const [stale] = await engine.claim(1);
    await engine.abandon();
    let heir;
    // It looks once a second at most.
    for (const deadlineMs = Date.now() + 30_000; !heir && Date.now() < deadlineMs; await pause(200)) {
      await engine.supervise();
      [heir] = await engine.claim(1);
    }
    if (heir?.id !== stale.id) return 'not seen: it was not taken over';
    return (await complete(stale)).affected > 0 ? 'accepted' : 'refused';
  };
  return `${await outcome(engine.complete)}; by id alone ${await outcome(engine.completeById)}`;
}

export async function work({ url, modules, setting, write }) {
  const boss = await start(modules, { connectionString: url, max: 4, ...settings[setting].boss });
  await boss.work(QUEUE, { pollingIntervalSeconds: 0.5 }, async ([job]) => {
    while (!job.signal.aborted) await write();
  });
}
