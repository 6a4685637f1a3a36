import { describeIf, freshDatabase, whyNoClientTools } from '@smartant/test-servers';
import { DyingProcess } from '../copy/fixtures/dying-endpoint';
import { at, contentOf, exportSnapshot } from '../copy/fixtures/copy-databases';
import { copyTables } from '../copy/copy-tables';
import { prepareSchemaCopy, type PreparedCopy } from '../fixtures/schema-copy';
import { compareSchemas } from '../schema/compare-schemas';
import { copySchema } from '../schema/copy-schema';
import { buildWhileCopying } from './build-while-copying';
import { restoreConstraints } from './restore-constraints';

const never = new AbortController().signal;
const SHOP = `CREATE TABLE public.customer (id int PRIMARY KEY, name text UNIQUE); INSERT INTO public.customer SELECT n, 'customer ' || n FROM generate_series(1, 10) n;
  CREATE TABLE public.purchase (id int PRIMARY KEY, customer int NOT NULL REFERENCES public.customer);
  INSERT INTO public.purchase SELECT n, 1 + n % 10 FROM generate_series(1, 100) n; CREATE INDEX purchase_customer ON public.purchase (customer)`;

describeIf(whyNoClientTools(18), 'buildWhileCopying', () => {
  it('brings everything over once, whatever the last step of a process was that died', async () => {
    const { options } = await prepareSchemaCopy({ source: await freshDatabase(), target: await freshDatabase() }, (session) =>
      session.query(SHOP),
    );
    let deaths = 0;
    // Deaths lie a few steps apart, and not always at the same ones.
    for (let step = 1; ; step += 2 + (step % 3)) {
      await at(options.target, 'DROP TABLE IF EXISTS public.purchase, public.customer; DROP SCHEMA IF EXISTS smartant CASCADE');
      await copySchema(options);
      const dying = new DyingProcess(step);
      await copyAndBuild(options, dying.endpoint(options.target), 1).catch(() => undefined);
      await copyAndBuild(options, options.target, 2);
      expect(await restoreConstraints({ ...options, epoch: 3 })).toEqual({ indexes: 4, refused: 0 });
      await expectSame(options);
      if (!dying.isDead) break;
      deaths += 1;
    }
    expect(deaths).toBeGreaterThan(15);
  }, 240_000);
});

async function copyAndBuild(options: PreparedCopy['options'], target: PreparedCopy['options']['target'], epoch: number): Promise<void> {
  const { source, scope, targetName, migrationId } = options;
  const snapshot = await exportSnapshot(source);
  const shared = { source, target, migrationId, epoch, targetName, signal: never };
  try {
    await buildWhileCopying(
      { ...shared, scope, jobs: 2, copied: [], onProgress: () => undefined, onBuilt: () => undefined, onStopped: () => undefined },
      (onCopied) =>
        copyTables({
          ...shared,
          tables: [...scope.tables],
          snapshot,
          oneSnapshot: true,
          targetPolicy: 'refuse',
          rows: [],
          jobs: 2,
          attempts: 1,
          onPart: ({ table, isTableDone }) => isTableDone && onCopied(table),
          admit: async () => undefined,
          quarantine: async ({ unit, message }) => Promise.reject(new Error(`${unit}: ${message}`)),
        }),
    );
  } finally {
    await snapshot.end();
  }
}

async function expectSame(options: PreparedCopy['options']): Promise<void> {
  const [source, target] = [
    await options.source.open({ applicationName: 'test', signal: never }),
    await options.target.open({ applicationName: 'test', signal: never }),
  ];
  expect(await compareSchemas({ ...options, source, target, limit: 5 })).toMatchObject({ differences: [] });
  await Promise.all([source.close(), target.close()]);
  for (const table of ['customer', 'purchase']) {
    const name = { schema: 'public', table };
    expect(await contentOf(options.target, name)).toEqual(await contentOf(options.source, name));
  }
}
