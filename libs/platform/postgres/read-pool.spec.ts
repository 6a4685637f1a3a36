import { freshDatabase } from '@smartant/test-servers';
import { openDatabase, openReadPool } from './index';

it('sees what was committed, changes nothing, and cuts what takes too long', async () => {
  const url = await freshDatabase();
  const settings = { url, schema: 'read_pool_spec', applicationName: 'spec' };
  const database = await openDatabase({ ...settings, migrations: [{ name: '001', up: 'CREATE TABLE thing (id int)' }] });
  const reads = await openReadPool({ ...settings, poolSize: 2, statementTimeoutMs: 200 });
  try {
    await database.query('INSERT INTO thing VALUES (1)');
    expect(await reads.query('SELECT id FROM thing')).toEqual([{ id: 1 }]);
    await expect(reads.query('INSERT INTO thing VALUES (2)')).rejects.toMatchObject({ code: '25006' });
    await expect(reads.query('SELECT pg_sleep(30)')).rejects.toBeDefined();
    // Readers that wait for ever take none of the connections of changes.
    const blocked = [1, 2, 3].map(() => reads.query('SELECT pg_sleep(0.15)'));
    await expect(database.query('INSERT INTO thing VALUES (3)')).resolves.toEqual([]);
    await Promise.all(blocked);
  } finally {
    await reads.close();
    await database.close();
  }
});
