import fc from 'fast-check';
import { htmlAsText, markdownAsText, slackAsText, withoutMentions, withoutTags } from './escapes';
import { characters, fitText, jsonBytes, splitText, utf8Bytes } from './fit-text';

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', '\n', '"', '<', '&', '@', '中', '🚀', '\u0301', ' '),
    fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme' }),
  ),
});
const size = fc.constantFrom(utf8Bytes, jsonBytes, characters);
const escape = fc.constantFrom(htmlAsText, markdownAsText, slackAsText, withoutMentions, withoutTags, (char: string) => char);

it('fits, whatever the text, and stays well-formed', () => {
  fc.assert(
    fc.property(text, fc.nat(80), size, escape, (value, limit, measure, write) => {
      const fitted = fitText(value, { limit, size: measure, escape: write });
      return measure(fitted) <= limit && fitted.isWellFormed();
    }),
    { numRuns: 2_000 },
  );
});

it('leaves what fits as it is, and cuts the least', () => {
  expect(fitText('🚀🚀', { limit: 8 })).toBe('🚀🚀');
  expect(fitText('🚀🚀🚀', { limit: 11 })).toBe('🚀🚀…');
  expect(fitText('🚀🚀🚀', { limit: 10 })).toBe('🚀…');
  expect(fitText('a<b', { limit: 6, escape: htmlAsText })).toBe('a&lt;b');
  expect(fitText('a<b', { limit: 5, escape: htmlAsText })).toBe('a…');
});

it('splits into pieces that fit and lose nothing but the breaks between them', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 4, max: 40 }), (value, limit) => {
      const pieces = splitText(value, { limit, pieces: 1_000 });
      return pieces.every((piece) => utf8Bytes(piece) <= limit) && pieces.join('').replaceAll('\n', '') === value.replaceAll('\n', '');
    }),
    { numRuns: 1_000 },
  );
  expect(splitText('abcdefghij', { limit: 4, pieces: 2, mark: '.' })).toEqual(['abcd', 'efg.']);
});

it('leaves addresses of mail and figures alone', () => {
  const plain = 'root@host 10.0.0.1 50% a_b 2026-11-02';
  for (const write of [withoutMentions, withoutTags, slackAsText]) expect(fitText(plain, { limit: 200, escape: write })).toBe(plain);
});
