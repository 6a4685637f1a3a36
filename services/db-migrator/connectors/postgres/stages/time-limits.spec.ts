import { describeIf, freshDatabase, whyNoClientTools } from '@smartant/test-servers';
import { Client } from 'pg';
import { stageRig } from '../fixtures/stage-rig';

/** Enough for each statement over all of it to take longer than the limit. */
const WIDE = `CREATE TABLE public.wide (id int PRIMARY KEY, note text); INSERT INTO public.wide SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 60000) n;
  CREATE INDEX ON public.wide (note)`;

async function limitedDatabase(fill: string): Promise<string> {
  const url = await freshDatabase();
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(fill);
  const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version_num') AS version`);
  const limits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout'];
  if (Number(rows[0]?.version) >= 170_000) limits.push('transaction_timeout');
  const name = new URL(url).pathname.slice(1);
  for (const limit of limits) await client.query(`ALTER DATABASE "${name}" SET ${limit} = '30ms'`);
  await client.end();
  return url;
}

describeIf(whyNoClientTools(18), 'databases whose statements, locks, transactions and sessions are limited in time', () => {
  it('go, are changed, compared, cut over and rolled back all the same', async () => {
    const urls = { source: await limitedDatabase(WIDE), target: await limitedDatabase('SELECT 1') };
    const rig = await stageRig({ schema: 'SELECT 1', urls });
    try {
      for (const stage of ['prepare', 'schema', 'copy', 'constraints'] as const) {
        const { findings = [] } = await rig.stage(stage);
        expect(findings.filter(({ severity }) => severity === 'blocker')).toEqual([]);
      }
      await rig.rows('source', `SET statement_timeout = 0; SET transaction_timeout = 0; UPDATE wide SET note = 'short' WHERE id % 3 = 0`);
      expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, sourceRows: 60_000 } });
      await rig.rows('target', `INSERT INTO wide VALUES (-1, 'new')`);
      expect(await rig.stage('roll-back')).toMatchObject({ verification: { equal: true, sourceRows: 60_001 } });
    } finally {
      await rig.close();
    }
  });
});
