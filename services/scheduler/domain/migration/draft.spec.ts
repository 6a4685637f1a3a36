import { assertDraftContent, LONGEST_DRAFT_BYTES } from './draft';

const fieldsOf = (content: Record<string, unknown>): string[] => {
  try {
    assertDraftContent(content);
    return [];
  } catch (error) {
    return (error as { code: string; fields: { field: string }[] }).fields.map(({ field }) => field);
  }
};

it('takes what a wizard keeps', () => {
  expect(
    fieldsOf({ step: 2, source: { endpoint: 'shop' }, secretName: 's3', tables: [{ schema: 'a' }], privateKey: '', useSecret: true }),
  ).toEqual([]);
});

it.each([
  [{ source: { secret: { kind: 's3' } } }, 'content.source.secret'],
  [{ a: [{ db_password: 'x' }] }, 'content.a[0].db_password'],
  [{ secretAccessKey: 'x' }, 'content.secretAccessKey'],
  [{ host: { privateKey: '-----' } }, 'content.host.privateKey'],
  [{ sessionToken: 7 }, 'content.sessionToken'],
])('refuses %j', (content, field) => {
  expect(fieldsOf(content)).toEqual([field]);
});

it('refuses what is too large', () => {
  const content = { text: 'é'.repeat(LONGEST_DRAFT_BYTES / 2) };
  expect(() => assertDraftContent(content)).toThrow(expect.objectContaining({ code: 'DRAFT_TOO_LARGE' }));
});
