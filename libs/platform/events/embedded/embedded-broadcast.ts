import type { EventLogger, Subscription } from '../event-bus';
import type { BusConnection } from './bus-connection';

/** NOTIFY takes less than 8000 bytes; what is larger is put into a table for a minute and only its id is sent. */
const MAX_NOTIFY_BYTES = 7_900;
const KEPT_SECONDS = 60;

/** A payload is sent as "=<json>", or as "#<id>" of a row in large_broadcast. */
export async function broadcast(connection: BusConnection, channel: string, json: string): Promise<void> {
  if (Buffer.byteLength(json) < MAX_NOTIFY_BYTES) {
    await connection.query('SELECT pg_notify($1, $2)', [channelName(channel), `=${json}`]);
    return;
  }
  await connection.query(
    `WITH old AS (DELETE FROM large_broadcast WHERE sent_at < now() - make_interval(secs => ${KEPT_SECONDS})),
     sent AS (INSERT INTO large_broadcast (payload) VALUES ($2) RETURNING id)
     SELECT pg_notify($1, '#' || id) FROM sent`,
    [channelName(channel), json],
  );
}

export async function onBroadcast(
  connection: BusConnection,
  channel: string,
  hear: (payload: object) => void,
  logger: EventLogger,
): Promise<Subscription> {
  const stop = await connection.on(channelName(channel), (payload) => {
    open(connection, payload)
      .then((json) => {
        if (json !== undefined) hear(JSON.parse(json) as object);
      })
      .catch((error: unknown) => logger.warn({ err: error, channel }, 'broadcast could not be heard'));
  });
  return { close: async () => stop() };
}

/** Prefixed, so that no broadcast channel is the bus's own. */
const channelName = (channel: string) => `broadcast.${channel}`;

async function open(connection: BusConnection, payload: string): Promise<string | undefined> {
  if (payload.startsWith('=')) return payload.slice(1);
  const [row] = await connection.query<{ payload: string }>('SELECT payload FROM large_broadcast WHERE id = $1::bigint', [
    payload.slice(1),
  ]);
  return row?.payload;
}
