import { parseListPage } from './list-page';

const page = (inside: string) =>
  Buffer.from(`<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</ListBucketResult>`);
const entry = (key: string) =>
  `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>&quot;abc&quot;</ETag><Size>0012</Size></Contents>`;
const keysOf = (xml: Buffer, strip = 0) => parseListPage(xml, strip).objects.map((object) => object.key);

describe('parseListPage', () => {
  it('reads an entry', () => {
    const modifiedAtMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    expect(parseListPage(page(entry('k')), 0).objects).toEqual([
      { key: 'k', size: 12, modifiedAtMs, etag: 'abc', changeId: `abc:12:${modifiedAtMs}` },
    ]);
  });

  it('refuses a page that was cut off between two entries', () => {
    const whole = page(entry('a') + entry('b')).toString();
    expect(() => parseListPage(Buffer.from(whole.slice(0, whole.indexOf('</Contents>') + 11)), 0)).toThrow('ends before its end');
  });

  it('neither trims nor converts, and decodes entities', () => {
    expect(keysOf(page(entry(' 007 ') + entry('&lt;&amp;amp;&#x1;&#13;&#128512;')))).toEqual([' 007 ', '<&amp;\u0001\r😀']);
  });

  it('decodes url encoding only where the answer says so', () => {
    expect(keysOf(page(`<EncodingType>url</EncodingType>${entry('a+b%2Bc%20%25')}`))).toEqual(['a b+c %']);
    expect(keysOf(page(entry('a+b%2Bc%20%25')))).toEqual(['a+b%2Bc%20%25']);
  });

  it('does not take a key for a field of the page', () => {
    const parsed = parseListPage(page(`<IsTruncated>false</IsTruncated>${entry('&lt;IsTruncated&gt;true&lt;/IsTruncated&gt;')}`), 0);
    expect([parsed.truncated, parsed.objects[0]?.key]).toEqual([false, '<IsTruncated>true</IsTruncated>']);
  });

  it('cuts the prefix, also from folded prefixes, and skips the prefix itself', () => {
    const parsed = parseListPage(
      page(`<Prefix>p/</Prefix>${entry('p/')}${entry('p/a')}<CommonPrefixes><Prefix>p/sub/</Prefix></CommonPrefixes>`),
      2,
    );
    expect([parsed.objects.map((object) => [object.key, object.skip?.code]), parsed.prefixes]).toEqual([
      [
        ['', 'STORAGE_KEY_EMPTY'],
        ['a', undefined],
      ],
      ['sub/'],
    ]);
  });

  it('marks a key that is not UTF-8 instead of guessing', () => {
    const [object] = parseListPage(page(`<EncodingType>url</EncodingType>${entry('a%FF')}`), 0).objects;
    expect(object?.skip?.code).toBe('STORAGE_KEY_INVALID');
  });

  it.each([
    ['<html>', 'a console'],
    ['<ListBucketResult><Contents><Key>a</Key>', 'half an answer'],
    ['<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>', 'no size'],
  ])('refuses %s (%s)', (xml) => {
    expect(() => parseListPage(Buffer.from(xml), 0)).toThrow(expect.objectContaining({ code: 'STORAGE_ANSWER_INVALID' }));
  });
});
