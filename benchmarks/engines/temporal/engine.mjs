// Temporal: an activity for a job, with a heartbeat timeout as its lease.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { waitFor } from '../../storage/processes.mjs';

const NAMESPACE = 'bench';
const TASK_QUEUE = 'sync';
const load = (modules, name) => createRequire(join(modules, 'x.js'))(`@temporalio/${name}`);

export const settings = {
  default: { says: 'no heartbeat timeout unless one is named: the start-to-close timeout counts', waitSeconds: 24 * 3_600 },
  tuned: { says: 'heartbeat timeout 9 s', heartbeat: '9 s' },
};

export async function connect({ url, modules }) {
  const { AsyncCompletionClient, Client, Connection } = load(modules, 'client');
  let connection;
  await waitFor('Temporal', async () => (connection = await Connection.connect({ address: url })), 60_000);
  const retention = { seconds: 24 * 3_600 };
  const register = () =>
    connection.workflowService.registerNamespace({ namespace: NAMESPACE, workflowExecutionRetentionPeriod: retention });
  await register().catch((error) => {
    if (!/already/i.test(String(error))) throw error;
  });
  const client = new Client({ connection, namespace: NAMESPACE });
  const started = [];
  const start = async (workflow, args) => {
    const options = { taskQueue: TASK_QUEUE, workflowId: `${workflow}-${randomUUID()}`, args };
    // The namespace takes a while to be known to every part of the server.
    await waitFor('the namespace', async () => started.push(await client.workflow.start(workflow, options)), 60_000);
  };
  const clear = async () => {
    for (const handle of started.splice(0)) await handle.terminate().catch(() => {});
  };
  return {
    start,
    clear,
    async fill() {
      await clear();
      await start('hold', [settings.tuned.heartbeat]);
    },
    /** With the token of an attempt that another one has followed. */
    completeWith: async (token) =>
      new AsyncCompletionClient({ connection, namespace: NAMESPACE }).complete(Buffer.from(token, 'base64'), null),
    async close() {
      await clear();
      await connection.close();
    },
  };
}

async function run({ url, modules, name, slots, activities }) {
  const { NativeConnection, Worker, Runtime, DefaultLogger } = load(modules, 'worker');
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address: url }),
    namespace: NAMESPACE,
    taskQueue: TASK_QUEUE,
    identity: name,
    workflowsPath: join(dirname(modules), 'workflows.cjs'),
    activities,
    maxConcurrentActivityTaskExecutions: slots,
  });
  worker.run().catch((error) => {
    console.error(error);
    process.exit(1);
  });
}

export async function work({ url, modules, name, write }) {
  const { Context } = load(modules, 'activity');
  const hold = async () => {
    const { info, cancellationSignal, heartbeat } = Context.current();
    process.send({ token: Buffer.from(info.taskToken).toString('base64') });
    while (!cancellationSignal.aborted) {
      heartbeat.call(Context.current());
      await write();
    }
  };
  await run({ url, modules, name, slots: 1, activities: { hold } });
}

/** Counts the empty activities that this process has done. */
export async function count({ url, modules, name, slots }) {
  let done = 0;
  await run({ url, modules, name, slots, activities: { empty: async () => void (done += 1) } });
  return () => done;
}
