import { startPostgres, whyNoPostgres } from '@smartant/test-servers';
import { applyExactChanges, EXACT_SCHEMA } from '../fixtures/exact-changes';
import { streamingPair } from '../fixtures/streaming';

const PAIRS = [
  [13, 12, 'text'],
  [14, 12, 'binary'],
  [15, 18, 'binary'],
  [16, 13, 'binary'],
  [17, 14, 'binary'],
  [18, 16, 'binary'],
] as const;

describe.each(PAIRS)('from PostgreSQL %i to %i', (from, to, form) => {
  const why = whyNoPostgres(from) ?? whyNoPostgres(to);
  (why ? it.skip : it)(`carries every exact type as ${form}${why ? `: ${why}` : ''}`, async () => {
    const [source, target] = [await startPostgres({ major: from }), await startPostgres({ major: to })];
    try {
      const pair = await streamingPair({
        schema: EXACT_SCHEMA,
        sourceUrl: await source.createDatabase('forms'),
        targetUrl: await target.createDatabase('forms'),
      });
      const onConflict = jest.fn();
      expect(await applyExactChanges(pair, { onConflict })).toEqual([form]);
      for (const table of ['t', 'keyless'])
        expect(await pair.rows(pair.targetSession, table)).toEqual(await pair.rows(pair.sourceSession, table));
      expect(onConflict).not.toHaveBeenCalled();
      await pair.close();
    } finally {
      await source.stop();
      await target.stop();
    }
  });
});
