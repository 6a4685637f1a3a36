import { describeIf, freshDatabase, POSTGRES_MAJORS, startPostgres, whyNoClientTools, whyNoPostgres } from '@smartant/test-servers';
import { restoreConstraints } from '../constraints/restore-constraints';
import { dumpedStatements, prepareSchemaCopy } from '../fixtures/schema-copy';
import { makeTypeZoo } from '../fixtures/type-zoo';
import { copySchema } from './copy-schema';

for (const major of POSTGRES_MAJORS) {
  describeIf(whyNoClientTools(18) ?? whyNoPostgres(major), `the schema of a PostgreSQL ${major}`, () => {
    it('comes to PostgreSQL 18 whole, as pg_dump sees it', async () => {
      const server = await startPostgres({ major });
      try {
        const [source, target] = [await server.createDatabase('zoo'), await freshDatabase()];
        const { options, findings } = await prepareSchemaCopy({ source, target }, makeTypeZoo);
        const copied = await copySchema(options);
        expect(findings).toEqual([]);
        expect(await copySchema(options)).toEqual(copied);
        const built = await restoreConstraints(options);
        expect(findings).toEqual([]);
        expect(built).toMatchObject({ refused: 0 });
        expect(await restoreConstraints(options)).toEqual(built);
        expect(dumpedStatements(target)).toEqual(dumpedStatements(source));
      } finally {
        await server.stop();
      }
    });
  });
}
