import { randomInt } from 'node:crypto';
import { describeIf, freshDatabase, whyNoClientTools } from '@smartant/test-servers';
import { restoreConstraints } from '../constraints/restore-constraints';
import { fragileEndpoint } from '../fixtures/fragile-endpoint';
import { dumpedStatements, prepareSchemaCopy, restoredByItsOwnTools } from '../fixtures/schema-copy';
import { makeTypeZoo } from '../fixtures/type-zoo';
import { openSnapshotSessions } from '../verify/snapshot-sessions';
import { copySchema } from './copy-schema';

/** How often a holder dies before one is let go to the end. */
const DEATHS = 12;

describeIf(whyNoClientTools(18), 'a schema whose holders die', () => {
  it('is made whole by the next one, wherever they died', async () => {
    const [source, target] = [await freshDatabase(), await freshDatabase()];
    const { options, findings } = await prepareSchemaCopy({ source, target }, makeTypeZoo);
    const points: string[] = [];
    let epoch = 0;
    const attempt = async (work: (end: typeof options.target) => Promise<unknown>, upTo: number) => {
      for (let deaths = 0; deaths < DEATHS; deaths += 1) {
        const [failAt, when] = [randomInt(1, upTo), randomInt(2) === 0 ? ('before' as const) : ('during' as const)];
        epoch += 1;
        const error: unknown = await work(fragileEndpoint(options.target, failAt, when)).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        points.push(`${when} statement ${failAt}: ${error === undefined ? 'went well' : (error as { code: string }).code}`);
        if (error !== undefined) expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
      }
      epoch += 1;
      await work(options.target);
    };
    try {
      await attempt((end) => copySchema({ ...options, target: end, epoch }), 120);
      await attempt((end) => restoreConstraints({ ...options, target: end, epoch }), 60);
      expect(findings).toEqual([]);
      expect(dumpedStatements(target)).toEqual(dumpedStatements(await restoredByItsOwnTools(source)));
    } catch (error) {
      process.stderr.write(`${points.join('\n')}\n`);
      throw error;
    }
  });

  it('says that its snapshot is lost, where whoever exported it has gone', async () => {
    const { options } = await prepareSchemaCopy({ source: await freshDatabase(), target: await freshDatabase() }, (session) =>
      session.query('CREATE TABLE public.t (id int PRIMARY KEY)'),
    );
    const { signal } = options;
    const exporter = await options.source.open({ applicationName: 'test', signal });
    await exporter.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const [row] = await exporter.query('SELECT pg_export_snapshot() AS name');
    await exporter.close();
    const lost = { code: 'DATABASE_SNAPSHOT_LOST', retryable: true };
    await expect(copySchema({ ...options, snapshot: row?.['name'] ?? '' })).rejects.toMatchObject(lost);
    await expect(openSnapshotSessions(options.source, 2, 'test', signal, row?.['name'] ?? '')).rejects.toMatchObject(lost);
    expect(await copySchema(options)).toMatchObject({ refused: 0 });
  });

  it('is left to the newer of two holders', async () => {
    const { options } = await prepareSchemaCopy({ source: await freshDatabase(), target: await freshDatabase() }, (session) =>
      session.query('CREATE TABLE public.t (id int PRIMARY KEY)'),
    );
    await copySchema({ ...options, epoch: 5 });
    await expect(copySchema({ ...options, epoch: 4 })).rejects.toMatchObject({ code: 'DATABASE_EPOCH_STALE' });
    await expect(restoreConstraints({ ...options, epoch: 4 })).rejects.toMatchObject({ code: 'DATABASE_EPOCH_STALE' });
    expect(await restoreConstraints({ ...options, epoch: 6 })).toEqual({ indexes: 1, refused: 0 });
  });

  it('is made once by two holders of one epoch', async () => {
    const [source, target] = [await freshDatabase(), await freshDatabase()];
    const { options, findings } = await prepareSchemaCopy({ source, target }, makeTypeZoo);
    const [one, other] = await Promise.all([copySchema(options), copySchema(options)]);
    expect(other).toEqual(one);
    const [built, builtToo] = await Promise.all([restoreConstraints(options), restoreConstraints(options)]);
    expect(builtToo).toEqual(built);
    expect(findings).toEqual([]);
  });
});
