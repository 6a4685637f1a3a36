import { parseEndpoint } from './endpoint-url';

const parse = (text: string) => parseEndpoint(text, '/work');
const codeOf = (text: string): string => {
  try {
    parse(text);
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('a database URL', () => {
  it.each<[string, object]>([
    ['postgres://ann@db.example.com/shop', { host: 'db.example.com', database: 'shop', user: 'ann' }],
    ['postgresql://ann@db:5433/shop', { host: 'db', port: 5_433, database: 'shop', user: 'ann' }],
    ['postgres://ann@[::1]:5432/shop', { host: '::1', port: 5_432, database: 'shop', user: 'ann' }],
    ['postgres://a%40b@db/x%2520y', { host: 'db', database: 'x%20y', user: 'a@b' }],
    ['postgres://ann@/shop?host=/run/postgresql&port=5433', { host: '/run/postgresql', port: 5_433, database: 'shop', user: 'ann' }],
    ['postgres://ann@%2Frun%2Fpostgresql/shop', { host: '/run/postgresql', database: 'shop', user: 'ann' }],
    [
      'postgres://ann@db/shop?sslmode=verify-ca&ca=ca.pem',
      { host: 'db', database: 'shop', user: 'ann', tlsMode: 'verify-ca', caFile: 'ca.pem' },
    ],
    ['postgres://ann@db/shop?sslrootcert=ca.pem', { host: 'db', database: 'shop', user: 'ann', caFile: 'ca.pem' }],
  ])('is read: %s', (text, expected) => {
    expect(parse(text)).toEqual({ kind: 'postgres', ...expected });
  });

  it.each([
    'postgres://ann:hunter2@db/shop',
    'postgres://ann:hunter2@with@db/shop',
    'postgres://ann:@db/shop',
    'postgres://ann@db/shop?password=hunter2',
    'postgres://ann@db/shop?sslpassword=hunter2',
  ])('with a password is refused, and nothing of it repeated: %s', (text) => {
    expect(codeOf(text)).toBe('CLI_SECRET_IN_ARGS');
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining('hunter2'),
        hint: expect.stringContaining('SMARTANT_SOURCE_PASSWORD'),
      }),
    );
  });

  it.each([
    'postgres://db/shop',
    'postgres://ann@db',
    'postgres://ann@db/',
    'postgres://ann@db/a/b',
    'postgres://ann@/shop',
    'postgres://ann@db/shop?host=other',
    'postgres://ann@a,b/shop',
    'postgres://ann@db:0/shop',
    'postgres://ann@db:99999/shop',
    'postgres://ann@[nonsense]/shop',
    'postgres://ann@db/shop?sslmode=prefer',
    'postgres://ann@db/shop?sslmode=require&sslmode=require',
    'postgres://ann@db/shop?target_session_attrs=any',
    'postgres://ann@db/100%',
  ])('is refused: %s', (text) => {
    expect(codeOf(text)).toBe('CLI_ENDPOINT_INVALID');
  });
});
