import { describeIf, freshDatabase, startPgbouncer, whyNoPgbouncer, type TestPgbouncer } from '@smartant/test-servers';
import { WHOLE_SCOPE } from '../../../testkit/whole-scope';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { precheckEnds } from '../stages/prepare';

const { signal } = new AbortController();

describeIf(whyNoPgbouncer(), 'a pgBouncer between us and a database', () => {
  let pooler: TestPgbouncer;
  afterEach(() => pooler?.stop());

  it.each(['transaction', 'session'] as const)('is found out, pooling by %s', async (poolMode) => {
    const url = await freshDatabase();
    pooler = await startPgbouncer(url, poolMode);
    const { findings } = await precheckEnds(
      { source: openTestEndpoint(pooler.url), target: openTestEndpoint(await freshDatabase()), scope: WHOLE_SCOPE },
      signal,
    );
    expect(findings.filter(({ severity }) => severity === 'blocker').map(({ code, subject }) => `${code} ${subject}`)).toContain(
      'DATABASE_POOLER source',
    );
  });
});
