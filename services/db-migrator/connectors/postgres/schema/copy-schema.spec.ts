import { describeIf, freshDatabase, POSTGRES_MAJORS, startPostgres, whyNoClientTools, whyNoPostgres } from '@smartant/test-servers';
import { restoreConstraints } from '../constraints/restore-constraints';
import { dumpedStatements, prepareSchemaCopy, restoredByItsOwnTools } from '../fixtures/schema-copy';
import { makeTypeZoo } from '../fixtures/type-zoo';
import { compareSchemas } from './compare-schemas';
import { copySchema } from './copy-schema';

const never = new AbortController().signal;

for (const major of POSTGRES_MAJORS) {
  describeIf(whyNoClientTools(18) ?? whyNoPostgres(major), `the schema of a PostgreSQL ${major}`, () => {
    it('comes to PostgreSQL 18 whole', async () => {
      const server = await startPostgres({ major });
      try {
        const [source, target] = [await server.createDatabase('zoo'), await freshDatabase()];
        const { options, findings } = await prepareSchemaCopy({ source, target }, makeTypeZoo);
        const copied = await copySchema(options);
        expect(await copySchema(options)).toEqual(copied);
        const built = await restoreConstraints(options);
        expect(findings).toEqual([]);
        expect(built).toMatchObject({ refused: 0 });
        expect(await restoreConstraints(options)).toEqual(built);
        // PostgreSQL 18 writes some definitions in other words: so both are compared as it wrote them.
        expect(dumpedStatements(target)).toEqual(dumpedStatements(await restoredByItsOwnTools(source)));
        const sessions = await Promise.all(
          [options.source, options.target].map((end) => end.open({ applicationName: 'test', signal: never })),
        );
        const comparison = await compareSchemas({ ...options, source: sessions[0]!, target: sessions[1]!, limit: 20 });
        expect(comparison).toEqual({ objects: expect.any(Number), differences: [], differenceCount: 0 });
        expect(comparison.objects).toBeGreaterThan(200);
        await Promise.all(sessions.map((session) => session.close()));
      } finally {
        await server.stop();
      }
    });
  });
}
