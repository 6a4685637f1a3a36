import { SmartantError } from '@smartant/kernel';
import { contentOf, copyDatabases, type CopyDatabases } from './fixtures/copy-databases';
import { copyTables } from './copy-tables';
import { LogFlusher } from './log-flusher';

const MIB = 1024 * 1024;
const NAME = 'smartant flush';

const messagesOf = (databases: CopyDatabases, slot: string) =>
  databases.at(
    databases.target,
    `SELECT count(*) FROM pg_logical_slot_peek_binary_changes('${slot}', NULL, NULL, 'proto_version', '1', 'publication_names', 'none', 'messages', 'true')
     WHERE get_byte(data, 0) = ascii('M') AND position('smartant'::bytea IN data) > 0`,
  );

describe('LogFlusher', () => {
  it('commits once when enough was sent, one commit at a time, and leaves no session behind', async () => {
    const databases = await copyDatabases();
    const slot = `flush_${process.pid}`;
    await databases.at(databases.target, `SELECT FROM pg_create_logical_replication_slot('${slot}', 'pgoutput')`);
    try {
      const flusher = new LogFlusher({ target: databases.target, signal: new AbortController().signal }, NAME);
      flusher.wrote(3 * MIB);
      flusher.wrote(2 * MIB);
      flusher.wrote(8 * MIB);
      await flusher.close();
      flusher.wrote(8 * MIB);
      expect(await messagesOf(databases, slot)).toEqual([{ count: '1' }]);
      const sessions = `SELECT count(*) FROM pg_stat_activity WHERE application_name = '${NAME}' AND datname = current_database()`;
      for (let left = ''; left !== '0';) left = (await databases.at(databases.target, sessions))[0]?.['count'] ?? '';
    } finally {
      await databases.at(databases.target, `SELECT pg_drop_replication_slot('${slot}')`);
    }
  });

  it('is a matter of speed alone: what it is refused stops no copy', async () => {
    const databases = await copyDatabases();
    await databases.both('CREATE TABLE public.t (id int, filler text)');
    await databases.at(databases.source, `INSERT INTO public.t SELECT n, repeat('x', 1000) FROM generate_series(1, 12000) n`);
    const snapshot = await databases.snapshot();
    const refused: string[] = [];
    const options = await databases.options(snapshot);
    const { target } = options;
    const open: typeof target.open = (asked) => {
      if (asked.settings?.['synchronous_commit'] !== 'local') return target.open(asked);
      refused.push(asked.applicationName);
      return Promise.reject(new SmartantError('DATABASE_ACCESS_DENIED', 'Too many sessions.', { kind: 'precondition' }));
    };
    const limited = Object.assign(Object.create(target) as typeof target, { open });
    expect(await copyTables({ ...options, target: limited })).toMatchObject({ tables: 1, rows: 12_000 });
    await snapshot.end();
    expect(refused).toHaveLength(1);
    expect(databases.quarantined).toEqual([]);
    const table = { schema: 'public', table: 't' };
    expect(await contentOf(databases.target, table)).toEqual(await contentOf(databases.source, table));
  });
});
