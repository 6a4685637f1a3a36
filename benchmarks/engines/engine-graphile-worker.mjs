// graphile-worker: one task, jobs outside named queues (its fastest form). Claims and completions go through the statements of its own modules.
import { pathToFileURL } from 'node:url';

const TASK = 'sync';
const quiet = () => () => {};

export const settings = {
  default: { says: 'a lock of 4 h that is not renewed, looked for every 8 to 10 min', waitSeconds: 4 * 3_600 + 600 },
  tuned: { says: 'no setting for it: an operator unlocks the dead worker', byOperator: true },
};

export async function connect({ url, modules, name, connections }) {
  const load = (file) => import(pathToFileURL(`${modules}/graphile-worker/dist/${file}`).href);
  const { getUtilsAndReleasersFromOptions } = await load('lib.js');
  const { batchGetJobs } = await load('sql/getJobs.js');
  const { batchCompleteJobs } = await load('sql/completeJobs.js');
  const { resetLockedAt } = await load('sql/resetLockedAt.js');
  const { Logger, makeWorkerUtils } = await load('index.js');
  const logger = new Logger(quiet);
  const [options, release] = await getUtilsAndReleasersFromOptions({ connectionString: url, maxPoolSize: connections, logger });
  const { withPgClient } = options;
  const query = (sql, values) => withPgClient((client) => client.query(sql, values));
  const completeTogether = (jobs) => batchCompleteJobs(options, withPgClient, name, jobs);
  const tables = 'graphile_worker._private_jobs';
  return {
    query,
    async fill(jobs) {
      await query(`TRUNCATE ${tables}`);
      await query(
        `SELECT graphile_worker.add_jobs(array_agg((
           $1, json_build_object('after', 'folder/object-' || n, 'through', 'folder/object-' || n + 1), null, null, null, null, null, null
         )::graphile_worker.job_spec)) FROM generate_series(1, $2::int) AS n`,
        [TASK, jobs],
      );
      await query(`VACUUM (ANALYZE) ${tables}`);
      await query('CHECKPOINT');
    },
    // It keeps none.
    addFinished: async () => {},
    claim: (count) => batchGetJobs(options, withPgClient, { [TASK]: () => {} }, name, null, count),
    complete: (job) => completeTogether([job]),
    completeTogether,
    forget: (jobs) => query(`DELETE FROM ${tables} WHERE id = ANY ($1::bigint[])`, [jobs.map(({ id }) => id)]),
    async abandon() {
      await query(`UPDATE ${tables} SET locked_at = now() - interval '5 h' WHERE locked_at IS NOT NULL`);
      await resetLockedAt(options, withPgClient);
    },
    /** What an operator does once he knows which workers are dead: here it takes every worker that holds something for dead. */
    async unlock() {
      const { rows } = await query(`SELECT DISTINCT locked_by FROM ${tables} WHERE locked_by IS NOT NULL`);
      const utils = await makeWorkerUtils({ connectionString: url, logger });
      await utils.forceUnlockWorkers(rows.map((row) => row.locked_by));
      await utils.release();
    },
    close: () => release(),
  };
}

export async function staleCompletion(engine) {
  await engine.fill(1);
  const [stale] = await engine.claim(1);
  await engine.abandon();
  const [heir] = await engine.claim(1);
  if (heir?.id !== stale.id) return 'not seen: it was not taken over';
  await engine.complete(stale);
  const { rows } = await engine.query('SELECT 1 FROM graphile_worker._private_jobs');
  return rows.length === 0 ? "accepted: the heir's job is gone" : 'refused';
}

export async function work({ url, modules, write }) {
  const { run, Logger } = await import(pathToFileURL(`${modules}/graphile-worker/dist/index.js`).href);
  const task = async (_payload, { abortSignal }) => {
    while (!abortSignal?.aborted) await write();
  };
  await run({
    connectionString: url,
    concurrency: 1,
    pollInterval: 500,
    noHandleSignals: true,
    logger: new Logger(quiet),
    taskList: { [TASK]: task },
  });
}
