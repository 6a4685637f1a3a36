import { filled, linesOf, pairsOf, secretsOf, settingsOf } from './schema-fields';

const type = {
  type: 'email',
  messagesPerMinute: 0,
  messageBytes: 1,
  settingsSchema: {
    required: ['to'],
    properties: {
      to: { type: 'array', description: 'Whom.' },
      port: { type: 'integer', default: 587 },
      security: { type: 'string', enum: ['starttls', 'tls'], default: 'starttls' },
      silent: { type: 'boolean', default: false },
      fields: { type: 'object' },
      caPem: { type: 'string', maxLength: 100_000 },
      tokenUrl: { type: 'string', maxLength: 500, format: 'uri' },
    },
  },
  secretsSchema: { properties: { password: { type: 'string', writeOnly: true } } },
};

it('makes fields of what the type says of itself', () => {
  expect(settingsOf(type).map(({ name, input, isRequired, isRare }) => [name, input, isRequired, isRare])).toEqual([
    ['to', 'lines', true, false],
    ['port', 'number', false, false],
    ['security', ['starttls', 'tls'], false, false],
    ['silent', 'switch', false, true],
    ['fields', 'pairs', false, false],
    ['caPem', 'area', false, true],
    ['tokenUrl', 'text', false, true],
  ]);
  expect(secretsOf(type)).toMatchObject([{ name: 'password', input: 'secret', isRequired: false }]);
  expect(settingsOf(type)[1]?.usual).toBe(587);
});

it('leaves out what was left empty, and keeps what is false or zero', () => {
  expect(filled({ a: '', b: [], c: {}, d: undefined, e: false, f: 0, g: ['x'] })).toEqual({ e: false, f: 0, g: ['x'] });
});

it('reads pairs as they are written', () => {
  const pairs = { name: '{title}', detail: 'a=b' };
  expect(pairsOf(linesOf(pairs))).toEqual(pairs);
  expect(pairsOf('alone\n\n x = y ')).toEqual({ alone: '', x: 'y' });
});
