import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf, findClientTools, freshDatabase, whyNoClientTools } from '@smartant/test-servers';
import { prepareSchemaCopy } from '../fixtures/schema-copy';
import { makeTypeZoo } from '../fixtures/type-zoo';
import { compareSchemas } from '../schema/compare-schemas';
import { copySchema } from '../schema/copy-schema';
import { refreshViewsAgain } from './refresh-views';
import { restoreConstraints, type BuildProgress } from './restore-constraints';

const never = new AbortController().signal;

describeIf(whyNoClientTools(18), 'restoreConstraints', () => {
  it('builds on rows what the source has, tells how far it is, and fills views in their order', async () => {
    const urls = { source: await freshDatabase(), target: await freshDatabase() };
    const { options, findings } = await prepareSchemaCopy(urls, makeTypeZoo);
    await copySchema(options);
    copyRows(urls);
    const progress: BuildProgress[] = [];
    await restoreConstraints({ ...options, jobs: 3, onProgress: (each) => progress.push(each) });
    expect(findings).toEqual([]);
    for (const step of ['indexes', 'foreign-keys', 'validation', 'objects', 'statistics', 'views']) {
      const told = progress.filter((each) => each.step === step);
      expect([step, told.map(({ done }) => done)]).toEqual([step, told.map((_, index) => told[0]!.done + index)]);
      expect(told.at(-1)?.done).toBe(told.at(-1)?.total);
    }
    const [source, target] = [
      await options.source.open({ applicationName: 'test', signal: never }),
      await options.target.open({ applicationName: 'test', signal: never }),
    ];
    expect(await compareSchemas({ ...options, source, target, limit: 5 })).toMatchObject({ differences: [], differenceCount: 0 });
    const views = 'SELECT (SELECT json_agg(t ORDER BY name) FROM zoo.totals t) AS totals, (SELECT grand FROM zoo.aaa_grand) AS grand';
    expect(await target.query(views)).toEqual(await source.query(views));
    const analyzed = await target.query(`SELECT reltuples FROM pg_class WHERE oid = 'zoo.account'::regclass`);
    expect(analyzed).toEqual([{ reltuples: '20' }]);
    // What came later is seen when they are filled again.
    await target.query('SET event_triggers = off; UPDATE zoo.account SET balance = balance + 100');
    await target.query('ALTER EVENT TRIGGER zoo_no_index DISABLE');
    expect(await refreshViewsAgain(options)).toBe(2);
    const [sum] = await target.query('SELECT (SELECT sum(balance) FROM zoo.account) = grand AS is_equal FROM zoo.aaa_grand');
    expect(sum).toEqual({ is_equal: 't' });
    await Promise.all([source.close(), target.close()]);
  });

  it('is refused before the schema was copied', async () => {
    const { options } = await prepareSchemaCopy({ source: await freshDatabase(), target: await freshDatabase() }, () => Promise.resolve());
    await expect(restoreConstraints(options)).rejects.toMatchObject({ code: 'SCHEMA_COPY_UNFINISHED' });
  });

  it('ends when it is told to, and goes on later', async () => {
    const urls = { source: await freshDatabase(), target: await freshDatabase() };
    const { options } = await prepareSchemaCopy(urls, (session) =>
      session.query(
        `CREATE FUNCTION public.slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM pg_sleep(600); RETURN $1; END$$;
         CREATE TABLE public.t (id int PRIMARY KEY, a int); CREATE INDEX by_a ON public.t (public.slow(a))`,
      ),
    );
    await copySchema(options);
    const target = await options.target.open({ applicationName: 'test', signal: never });
    await target.query('INSERT INTO public.t VALUES (1, 1)');
    const stopping = new AbortController();
    const building = restoreConstraints({ ...options, signal: stopping.signal });
    const isBuilding = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%CREATE INDEX by_a%' AND wait_event = 'PgSleep'`;
    while ((await target.query(isBuilding)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    stopping.abort();
    await expect(building).rejects.toMatchObject({ code: 'CANCELLED' });
    await target.query('TRUNCATE public.t');
    expect(await restoreConstraints(options)).toEqual({ indexes: 2, refused: 0 });
    await target.close();
  });
});

/** As the copy does, with triggers at rest. */
function copyRows({ source, target }: { source: string; target: string }): void {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-rows-'));
  try {
    const tools = findClientTools()!;
    execFileSync(tools.pgDump, ['-Fc', '-Z0', '--data-only', '--no-large-objects', '-f', join(folder, 'rows'), source], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    execFileSync(tools.pgRestore, ['--exit-on-error', '--disable-triggers', '-d', target, join(folder, 'rows')]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
