// One bus and one relay that drain an outbox: `node drain.mjs '{"bus": …, "databaseUrl": …, "events": N}'`; says what it took as JSON.
import events from '@smartant/platform/events';
import postgres from '@smartant/platform/postgres';
import { watchProcess } from './watch-process.mjs';

const order = JSON.parse(process.argv[2]);
const { createEventBus, newEvent, OUTBOX_LANES, outboxMigrations, OutboxRelay } = events;

const database = await postgres.openDatabase({
  url: order.databaseUrl,
  schema: 'service',
  migrations: outboxMigrations(),
  applicationName: 'bench',
});
await fill(database, order.events);
const bus = createEventBus(order.bus);
await bus.start();
const relay = new OutboxRelay({ database, bus });
const watch = watchProcess();
relay.start();
while ((await relay.oldestAgeMs()) > 0) await new Promise((resolve) => setTimeout(resolve, 500));
const used = watch.end();
await relay.close();
await bus.close();
await database.close();
process.stdout.write(`${JSON.stringify({ ...used, events: order.events })}\n`);
process.exit(0);

/** Events of 1,000 keys, about 500 bytes each, appended as the outbox appends them. */
async function fill(sql, count) {
  const data = { migrationId: 'mig', change: 'phase-finished', errorMessage: 'x'.repeat(200) };
  const template = newEvent({ type: 'io.smartant.bench.v1', topic: 'bench.drain', key: 'KEY', workspaceId: 'ws', version: 1, data });
  const json = JSON.stringify({ ...template, id: 'ID' });
  await sql.query(
    `INSERT INTO outbox (event, lane, bytes)
     SELECT replace(replace($1, '"ID"', '"evt_' || n || '"'), '"KEY"', '"key-' || n % 1000 || '"')::json, n % ${OUTBOX_LANES}, length($1)
     FROM generate_series(1, $2::int) AS n`,
    [json, count],
  );
}
