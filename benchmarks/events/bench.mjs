// `npm run bench:events [-- --events N --messages N --rounds N]`: an outbox drained to both buses, and two Kafka clients in turn.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import events from '@smartant/platform/events';
import kafkajs from 'kafkajs';
import guard from '../../libs/platform/dist/events/kafka/kafkajs-timer-guard.js';
import postgres from '@smartant/platform/postgres';
import { startServers, whyNoKafka } from './servers.mjs';

/** Not a dependency of ours: fetched for this comparison alone. */
const OTHER_CLIENT = '@platformatic/kafka';
const OTHER_VERSION = '2.12.1';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    messages: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const run = promisify(execFile);
const here = import.meta.dirname;
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const one = (digits) => (number) => number.toFixed(digits);

guard.guardKafkajsTimers();
const servers = await startServers();
try {
  if (values.only !== 'clients') await drains();
  const why = whyNoKafka();
  if (why !== null) console.log(`SKIPPED: Kafka clients: ${why}`);
  else if (values.only !== 'drain') await clients();
} finally {
  await servers.kafka?.stop();
  await servers.postgres.stop();
}

async function measure(script, order) {
  const { stdout } = await run(process.execPath, ['--expose-gc', join(here, script), JSON.stringify(order)], { maxBuffer: 1e8 });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

async function drains() {
  const count = Number(values.events);
  console.log(`\nAn outbox of ${count} events, drained by one relay`);
  const rows = [];
  const databaseUrl = (name) => servers.postgres.createDatabase(name);
  const embeddedUrl = await databaseUrl('embedded');
  const admin = await postgres.openSession({ url: embeddedUrl, schema: 'public', applicationName: 'bench' });
  await events.prepareEmbeddedBus(admin, { grantTo: [] });
  await admin.close();
  rows.push({
    bus: 'embedded',
    ...(await measure('drain.mjs', { bus: { kind: 'embedded', databaseUrl: embeddedUrl }, databaseUrl: embeddedUrl, events: count })),
  });
  if (servers.kafka)
    rows.push({
      bus: 'kafka',
      ...(await measure('drain.mjs', {
        bus: { kind: 'kafka', brokers: servers.kafka.brokers },
        databaseUrl: await databaseUrl('kafka'),
        events: count,
      })),
    });
  console.table(
    rows.map((row) => ({
      bus: row.bus,
      seconds: one(1)(row.seconds),
      'events/s': Math.round(row.events / row.seconds),
      'CPU s': one(1)(row.cpuSeconds),
      'peak MiB, first third': row.peakMiBFirstThird,
      'peak MiB, last third': row.peakMiBLastThird,
    })),
  );
}

async function clients() {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-bench-client-'));
  try {
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', folder, `${OTHER_CLIENT}@${OTHER_VERSION}`], {
      stdio: 'ignore',
    });
    const entry = join(folder, 'node_modules', OTHER_CLIENT, 'dist', 'index.js');
    const results = { kafkajs: [], [OTHER_CLIENT]: [] };
    for (let round = 0; round < Number(values.rounds); round += 1)
      for (const client of Object.keys(results)) {
        const topic = await makeTopic(`bench.${round}.${client.replace(/\W/g, '')}`);
        results[client].push(
          await measure('client.mjs', { client, brokers: servers.kafka.brokers, topic, entry, messages: Number(values.messages) }),
        );
      }
    console.log(`\n${values.messages} messages of 450 bytes, median of ${values.rounds} interleaved rounds`);
    console.table(Object.entries(results).map(([client, rounds]) => summary(client, rounds)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function summary(client, rounds) {
  const of = (pick) => median(rounds.map(pick));
  return {
    client,
    'produced/s': Math.round(Number(values.messages) / of((each) => each.produced.seconds)),
    'produce CPU s': one(2)(of((each) => each.produced.cpuSeconds)),
    'consumed/s': Math.round(Number(values.messages) / of((each) => each.consumed.seconds)),
    'consume CPU s': one(2)(of((each) => each.consumed.cpuSeconds)),
    'peak MiB': Math.max(...rounds.map((each) => Math.max(each.produced.peakMiBLastThird, each.consumed.peakMiBLastThird))),
    'idle CPU %': one(2)(of((each) => each.idle)),
  };
}

async function makeTopic(topic) {
  const admin = new kafkajs.Kafka({ brokers: servers.kafka.brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 8 }] });
  await admin.disconnect();
  return topic;
}
