import { describeIf, whyNoClientTools } from '@smartant/test-servers';
import { stageRig } from '../fixtures/stage-rig';

const GUARDED = `CREATE TABLE public.item (id int PRIMARY KEY, name text); INSERT INTO public.item SELECT n, 'item ' || n FROM generate_series(1, 50) n;
  CREATE MATERIALIZED VIEW public.summary AS SELECT count(*) AS items FROM public.item;
  CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no DDL here'; END $$;
  CREATE EVENT TRIGGER no_ddl ON ddl_command_start
    WHEN TAG IN ('CREATE SCHEMA', 'CREATE TABLE', 'ALTER TABLE', 'DROP TABLE', 'DROP SCHEMA', 'CREATE INDEX', 'REFRESH MATERIALIZED VIEW') EXECUTE FUNCTION public.refuse()`;

describeIf(whyNoClientTools(18), 'event triggers that refuse every definition', () => {
  it('are at the target afterwards, and refuse nothing that the migration does itself', async () => {
    const rig = await stageRig({ schema: GUARDED });
    try {
      for (const stage of ['prepare', 'schema', 'copy', 'constraints'] as const) {
        const { findings = [] } = await rig.stage(stage);
        expect(findings.filter(({ severity }) => severity === 'blocker')).toEqual([]);
      }
      await rig.rows('source', `INSERT INTO item VALUES (51, 'late')`);
      expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] } });
      expect(await rig.rows('target', 'SELECT items FROM summary')).toEqual([{ items: '51' }]);
      await expect(rig.rows('target', 'CREATE TABLE another (id int)')).rejects.toThrow('no DDL here');
      await rig.rows('target', `INSERT INTO item VALUES (52, 'later')`);
      expect(await rig.stage('roll-back')).toMatchObject({ verification: { equal: true, sourceRows: 52 } });
    } finally {
      await rig.close();
    }
  });
});
