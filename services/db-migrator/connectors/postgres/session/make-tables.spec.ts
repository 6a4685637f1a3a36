import { freshDatabase } from '@smartant/test-servers';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { makeTables } from './make-tables';
import type { PgSession } from './pg-session';

const AT_ONCE = 6;
const ROUNDS = 20;

describe('the tables kept at a target', () => {
  const sessions: PgSession[] = [];
  beforeAll(async () => {
    const endpoint = openTestEndpoint(await freshDatabase());
    const { signal } = new AbortController();
    for (let index = 0; index < AT_ONCE; index += 1) sessions.push(await endpoint.open({ applicationName: 'test', signal }));
  });
  afterAll(() => Promise.all(sessions.map((session) => session.close())));

  it('are made by however many come at once', async () => {
    const statements = ['one', 'other'].map((name) => `CREATE TABLE IF NOT EXISTS smartant.${name} (id int PRIMARY KEY)`);
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(sessions.map((session) => makeTables(session, statements)));
      expect(await sessions[0]!.query(`SELECT FROM pg_catalog.pg_tables WHERE schemaname = 'smartant'`)).toHaveLength(2);
      await sessions[0]!.query('DROP SCHEMA smartant CASCADE');
    }
  });

  it('are all there or none', async () => {
    const statements = [
      'CREATE TABLE IF NOT EXISTS smartant.one (id int PRIMARY KEY)',
      'CREATE TABLE IF NOT EXISTS smartant.other (id nothing)',
    ];
    await expect(makeTables(sessions[0]!, statements)).rejects.toMatchObject({ details: { sqlState: '42704' } });
    expect(await sessions[0]!.query(`SELECT pg_catalog.to_regnamespace('smartant')::text AS made`)).toEqual([{ made: null }]);
  });
});
