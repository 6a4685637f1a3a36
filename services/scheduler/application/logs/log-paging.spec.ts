import { sampleLogLine } from '../../adapters/http/fixtures/sample-values';
import { pageOfLines, placeOf } from './log-paging';
import { termsOf } from './log-terms';

const lines = (...times: number[]) =>
  times.map((second, index) =>
    sampleLogLine({ at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(), id: index.toString(16).padStart(16, '0') }),
  );

it('goes on after what was seen, also in the middle of one moment', () => {
  const all = lines(9, 8, 8, 8, 8, 7);
  const seen: string[] = [];
  let token: string | undefined;
  do {
    const place = placeOf(token);
    const from = all.filter(({ at }) => place === null || at <= place.at);
    const page = pageOfLines(from.slice(0, 2 + (place?.seen.length ?? 0) + 1), 2, place);
    seen.push(...page.items.map(({ id }) => id));
    token = page.nextPageToken ?? undefined;
  } while (token);
  expect(seen).toEqual(all.map(({ id }) => id));
});

it.each(['nonsense', Buffer.from('{"at":"x","seen":[]}').toString('base64url'), Buffer.from('null').toString('base64url')])(
  'refuses the token %s',
  (token) => expect(() => placeOf(token)).toThrow(expect.objectContaining({ code: 'PAGE_TOKEN_INVALID' })),
);

it.each([
  ['', []],
  ['lease lost', ['lease', 'lost']],
  ['"lease lost" x', ['lease lost', 'x']],
  ['a "b c', ['a', 'b c']],
])('takes %j for %j', (text, terms) => expect(termsOf(text)).toEqual(terms));
