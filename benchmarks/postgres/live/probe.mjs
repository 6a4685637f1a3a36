// How long a row that was committed at the source takes to be seen at the target.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const EVERY_MS = 50;
const LOOK_MS = 4;

/** Commits a row every 50 ms and looks for it at the target every 4 ms; `stop` resolves with the lags in milliseconds. */
export async function probe(sourceUrl, targetUrl) {
  const [source, target] = await Promise.all(
    [sourceUrl, targetUrl].map(async (url) => {
      const client = new pg.Client({ connectionString: url });
      // A cutover ends its sessions.
      client.on('error', () => undefined);
      await client.connect();
      return client;
    }),
  );
  const [{ next }] = (await source.query('SELECT coalesce(max(id), 0)::int + 1 AS next FROM probe')).rows;
  const committedAtMs = new Map();
  const lags = [];
  let isOver = false;
  const writing = (async () => {
    for (let id = next; !isOver; id += 1) {
      await source.query('INSERT INTO probe VALUES ($1)', [id]);
      committedAtMs.set(id, performance.now());
      await delay(EVERY_MS);
    }
  })().catch(() => undefined);
  const looking = (async () => {
    for (let from = next; !isOver || committedAtMs.size > 0;) {
      const { rows } = await target.query('SELECT id FROM probe WHERE id >= $1 ORDER BY id', [from]);
      const atMs = performance.now();
      for (const { id } of rows) {
        const committed = committedAtMs.get(id);
        // Seen before its own commit was answered: nothing was waited for.
        lags.push(committed === undefined ? 0 : atMs - committed);
        committedAtMs.delete(id);
        from = id + 1;
      }
      await delay(LOOK_MS);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await writing;
      await looking;
      await Promise.all([source.end(), target.end()]);
      return lags;
    },
  };
}
