import type { EndpointLocation } from './endpoint';
import { assertLocationMayChange } from './endpoint-change';

const s3 = (over: object = {}): EndpointLocation => ({
  kind: 's3',
  serviceUrl: 'https://store.example',
  region: 'us-east-1',
  bucket: 'data',
  prefix: '',
  addressing: 'path',
  ...over,
});
const postgres = (over: object = {}): EndpointLocation => ({
  kind: 'postgres',
  host: 'db.example',
  port: 5_432,
  database: 'shop',
  user: 'mover',
  tlsMode: 'verify-full',
  ...over,
});
const file: EndpointLocation = { kind: 'file', root: 'r', path: '' };

describe('the change of a location', () => {
  it('is none when all fields are equal, in whatever order', () => {
    const { kind, ...fields } = s3({ tlsCaPem: undefined }) as EndpointLocation & { kind: 's3' };
    expect(assertLocationMayChange(s3(), { ...fields, kind }, false)).toBe(false);
  });

  it.each([{ prefix: 'a/' }, { bucket: 'other' }, { region: 'eu-west-1' }, { addressing: 'virtual' }])('to %j keeps the secret', (over) => {
    expect(assertLocationMayChange(s3(), s3(over), false)).toBe(true);
  });

  it.each([{ serviceUrl: 'https://evil.example' }, { serviceUrl: 'http://store.example' }, { serviceUrl: '' }, { tlsCaPem: 'pem' }])(
    'to %j needs the secret again',
    (over) => {
      expect(() => assertLocationMayChange(s3(), s3(over), false)).toThrow(expect.objectContaining({ code: 'ENDPOINT_SECRET_NEEDED' }));
      expect(assertLocationMayChange(s3(), s3(over), true)).toBe(true);
    },
  );

  it.each([{ host: 'evil.example' }, { port: 5_433 }, { tlsMode: 'require' }, { tlsCaPem: 'pem' }, { via: [{ kind: 'socks' }] }])(
    'of a database to %j needs the secret again',
    (over) => {
      expect(() => assertLocationMayChange(postgres(), postgres(over), false)).toThrow(
        expect.objectContaining({ code: 'ENDPOINT_SECRET_NEEDED' }),
      );
    },
  );

  it('of a database to another one of its server keeps the secret', () => {
    expect(assertLocationMayChange(postgres(), postgres({ database: 'other' }), false)).toBe(true);
  });

  it.each([
    [postgres(), s3()],
    [s3(), file],
    [file, s3()],
  ])('to another kind is refused: %#', (before, after) => {
    expect(() => assertLocationMayChange(before, after, true)).toThrow(expect.objectContaining({ code: 'ENDPOINT_INVALID' }));
  });
});
