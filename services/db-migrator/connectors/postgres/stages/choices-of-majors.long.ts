import { describeIf, startPostgres, whyNoClientTools, whyNoPostgres, type PostgresMajor, type TestPostgres } from '@smartant/test-servers';
import { stageRig, type StageRig, type StageRigOptions } from '../fixtures/stage-rig';

const SHOP = `CREATE TABLE public.users (id int PRIMARY KEY, mail text NOT NULL, secret text, note text, CONSTRAINT users_mail UNIQUE (mail)); CREATE INDEX users_note ON public.users (note);
  CREATE VIEW public.mails AS SELECT id, users.mail FROM public.users;
  INSERT INTO public.users SELECT n, 'mail ' || n, 'secret ' || n, 'note ' || n FROM generate_series(1, 40) n;
  CREATE TABLE public.visit (id int, at date, who text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE public.visit_1 PARTITION OF public.visit FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
  INSERT INTO public.visit SELECT n, '2026-01-01'::date + n % 30, 'who ' || n FROM generate_series(1, 30) n`;
const COLUMNS = [
  { table: 'public.users', exclude: ['secret'], renames: [{ from: 'mail', to: 'email' }] },
  { table: 'public.visit', exclude: [], renames: [{ from: 'who', to: 'visitor' }] },
];
const ROWS = [{ table: 'public.users', where: 'id > 10' }];
/** A publication knows conditions only since then: older sources are filtered where nothing is streamed. */
const FILTERED_STREAMS = 15;

for (const major of [13, 15] as const satisfies readonly PostgresMajor[]) {
  describeIf(whyNoPostgres(major) ?? whyNoClientTools(), `columns and rows that are chosen at a source of ${major}`, () => {
    let server: TestPostgres;
    let rig: StageRig | undefined;
    beforeAll(async () => void (server = await startPostgres({ major })));
    afterAll(() => server?.stop());
    afterEach(() => rig?.close());

    const of = async (side: 'source' | 'target', sql: string) => (await rig!.rows(side, `SELECT count(*), md5(string_agg(${sql}`))[0];
    const users = (names: string, where = 'true') => `concat_ws('|', id, ${names}, note), ',' ORDER BY id)) FROM users WHERE ${where}`;

    async function migrated(name: string, scope: StageRigOptions['scope']): Promise<StageRig> {
      rig = await stageRig({ schema: SHOP, scope: { columns: COLUMNS, ...scope }, urls: { source: await server.createDatabase(name) } });
      for (const stage of ['prepare', 'schema', 'copy', 'constraints'] as const) {
        const { findings = [] } = await rig.stage(stage);
        expect(findings.filter(({ severity }) => severity === 'blocker')).toEqual([]);
      }
      return rig;
    }

    it('are streamed, proved by the cutover, and streamed back', async () => {
      const rows = major < FILTERED_STREAMS ? [] : ROWS;
      const where = rows[0]?.where ?? 'true';
      const live = await migrated('live', { rows });
      await live.stage('sync');
      await live.rows(
        'source',
        `UPDATE users SET mail = 'new', secret = 'new' WHERE id = 20; DELETE FROM users WHERE id IN (3, 30); INSERT INTO users VALUES (5, 'in', 'x', 'y') ON CONFLICT (id) DO UPDATE SET mail = 'in';
         INSERT INTO users VALUES (99, 'late', 'hidden', 'n'); UPDATE visit SET who = 'else' WHERE id = 4; INSERT INTO visit VALUES (99, '2026-01-31', 'late')`,
      );
      const expected = await of('source', users('mail', where));
      await live.streaming('stream', async () => JSON.stringify(await of('target', users('email'))) === JSON.stringify(expected));
      expect(await live.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] }, openedAt: expect.any(String) });
      expect(await live.rows('target', `SELECT visitor FROM visit WHERE id IN (4, 99) ORDER BY id`)).toEqual([
        { visitor: 'else' },
        { visitor: 'late' },
      ]);
      await live.rows('target', `UPDATE users SET email = 'back' WHERE id = 20; INSERT INTO users VALUES (100, 'back too', 'n')`);
      const back = `SELECT mail, secret FROM users WHERE id IN (20, 100) ORDER BY id`;
      await live.streaming('stream-back', async () => (await live.rows('source', back)).length === 2);
      expect(await live.rows('source', back)).toEqual([
        { mail: 'back', secret: 'new' },
        { mail: 'back too', secret: null },
      ]);
      expect((await live.stage('roll-back')).verification).toMatchObject({ equal: true, direction: 'back' });
    });

    it('are copied in one snapshot, and proved', async () => {
      const one = await migrated('snapshot', { mode: 'snapshot', reverse: false, rows: ROWS });
      expect(await of('target', users('email'))).toEqual(await of('source', users('mail', 'id > 10')));
      expect(await one.rows('target', `SELECT count(*), count(mail) AS mails FROM mails`)).toEqual([{ count: '30', mails: '30' }]);
      expect(await one.stage('cutover')).toMatchObject({ verification: { equal: true, sourceRows: 60 }, openedAt: expect.any(String) });
    });
  });
}
