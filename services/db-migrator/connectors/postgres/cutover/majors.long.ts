import { describeIf, freshDatabase, POSTGRES_MAJORS, startPostgres, whyNoPostgres, type TestPostgres } from '@smartant/test-servers';
import type { DatabaseScope } from '../../../domain/database-scope';
import { WHOLE_SCOPE } from '../../../testkit/whole-scope';
import type { TableName } from '../catalog/catalog';
import { readCatalog } from '../catalog/read-catalog';
import { memoryState } from '../fixtures/memory-state';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import type { PgEndpoint } from '../session/pg-session';
import { precheckPair } from '../precheck/precheck-pair';
import { RetentionWatch } from '../precheck/watch-retention';
import { EVERY_TYPE, EVERY_VALUE, PACKED } from '../verify/fixtures/every-type';
import { verifyTables } from '../verify/verify-tables';
import { freezeWrites } from './freeze-writes';
import { moveSequences } from './move-sequences';
import { objectPrefix } from '../replication/object-names';
import { release } from './release';
import { thawWrites } from './thaw-writes';

const { signal } = new AbortController();
const MIGRATION = `mig_${'d'.repeat(32)}`;
const sameName = (name: TableName) => name;
const open = (endpoint: PgEndpoint) => endpoint.open({ applicationName: `test ${MIGRATION}`, signal });

for (const major of POSTGRES_MAJORS.filter((each) => each !== 18)) {
  describeIf(whyNoPostgres(major), `from PostgreSQL ${major} to 18`, () => {
    let server: TestPostgres;
    beforeAll(async () => {
      server = await startPostgres({ major });
    });
    afterAll(() => server.stop());

    it('prechecks, freezes, moves sequences, verifies and releases', async () => {
      const [source, target] = [openTestEndpoint(await server.createDatabase('majors')), openTestEndpoint(await freshDatabase())];
      const [atSource, atTarget] = [await open(source), await open(target)];
      const scope: DatabaseScope = { ...WHOLE_SCOPE, largeObjects: true };
      await atSource.query(`${EVERY_TYPE}; ${EVERY_VALUE}; ${PACKED}; CREATE SEQUENCE public.s; SELECT nextval('public.s')`);
      const { findings } = await precheckPair({ source, target, scope, select: (catalog) => catalog, targetName: sameName, signal });
      expect(findings).toEqual([]);
      await atTarget.query(`${EVERY_TYPE}; ${EVERY_VALUE}; ${PACKED}; CREATE SEQUENCE public.s`);
      const slot = objectPrefix(MIGRATION);
      await atSource.query('SELECT pg_create_logical_replication_slot($1, $2)', [slot, 'pgoutput']);
      expect(await new RetentionWatch(slot, { maxBytes: 0 }).look(atSource)).toMatchObject({ verdict: 'ok' });
      const { tables, sequences } = await readCatalog(atSource, signal);
      const state = memoryState();
      const { barrier, frozenLsn } = await freezeWrites({
        endpoint: source,
        side: 'source',
        state,
        migrationId: MIGRATION,
        tables,
        signal,
      });
      expect(barrier.kind).toBe('locked');
      expect(await moveSequences({ source: atSource, target: atTarget, sequences, targetName: sameName, signal })).toBe(1);
      const options = {
        source,
        target,
        migrationId: MIGRATION,
        tables,
        sequences,
        targetName: sameName,
        rows: [],
        level: 'content' as const,
        jobs: 2,
        frozenPosition: frozenLsn,
        signal,
      };
      const equal = await verifyTables(options);
      expect(equal.tables.map(({ form, differences }) => [form, differences])).toEqual([
        ['binary', null],
        ['binary', null],
      ]);
      expect(equal.verification).toMatchObject({ equal: true, differences: [], sourceRows: 6 });
      await atTarget.query(`UPDATE public.every_type SET num = 100.0 WHERE id = 2`);
      expect((await verifyTables(options)).verification).toMatchObject({ equal: false, differenceCount: 1 });
      await barrier.release();
      expect(await thawWrites(atSource, { state, side: 'source', migrationId: MIGRATION })).toBe(true);
      expect(await release(source, target, MIGRATION, signal)).toEqual({ dropped: [`source: replication slot ${slot}`], left: [] });
    });
  });
}
