import { parseEndpoint } from './endpoint-url';

const parse = (text: string) => parseEndpoint(text, '/work');
const codeOf = (text: string): string => {
  try {
    parse(text);
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('parseEndpoint', () => {
  it('reads S3 URLs with all parameters', () => {
    expect(parse('s3://photos/2026/new?endpoint=http://127.0.0.1:9000&region=eu-1&profile=old&addressing=virtual&ca=ca.pem')).toEqual({
      kind: 's3',
      bucket: 'photos',
      prefix: '2026/new/',
      serviceUrl: 'http://127.0.0.1:9000',
      region: 'eu-1',
      profile: 'old',
      addressing: 'virtual',
      caFile: 'ca.pem',
    });
  });

  it.each([
    ['s3://b', ''],
    ['s3://b/', ''],
    ['s3://b/a', 'a/'],
    ['s3://b/a/', 'a/'],
    ['s3://b/a%3Fb%25/c d', 'a?b%/c d/'],
    ['s3://b/%E8%9A%82/', '蚂/'],
  ])('takes the path of %s as the folder "%s"', (text, prefix) => {
    expect(parse(text)).toMatchObject({ bucket: 'b', prefix });
  });

  it.each([
    ['file:///data/photos', '/data/photos'],
    ['file://localhost/data', '/data'],
    ['file:///a%20b/../c?d#e', '/c?d#e'],
    ['/data', '/data'],
    ['./x', '/work/x'],
    ['..', '/'],
  ])('reads %s as the path %s', (text, path) => {
    expect(parse(text)).toEqual({ kind: 'path', path });
  });

  it('reads names of saved endpoints', () => {
    expect(parse('minio-1.prod')).toEqual({ kind: 'saved', name: 'minio-1.prod' });
  });

  it.each([
    's3://KEY:SECRET@bucket/x',
    's3://KEY@bucket',
    'https://u:p@host/x',
    'mysql://ann:pw@host/shop',
    's3://b?endpoint=http://u:p@h:9000',
    's3://b?secret_access_key=x',
    's3://b?access-key-id=x',
    's3://b?sessionToken=x',
  ])('refuses secrets: %s', (text) => {
    expect(codeOf(text)).toBe('CLI_SECRET_IN_ARGS');
  });

  it('repeats nothing of a secret in the refusal', () => {
    expect(() => parse('s3://KEY:hunter2@bucket/x')).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hunter2') }));
  });

  it.each([
    's3://',
    's3:///x',
    's3://b?region=',
    's3://b?region=a&region=b',
    's3://b?colour=red',
    's3://b?endpoint=localhost:9000',
    's3://b?endpoint=http://h/path',
    's3://b?addressing=dns',
    's3://b/100%',
    'file://data',
    'file:data',
    'ftp://host/x',
    'mysql://ann@host/shop',
    'https://ann@host/x',
    'remote:bucket/path',
    '',
    '-x',
  ])('refuses %s', (text) => {
    expect(codeOf(text)).toBe('CLI_ENDPOINT_INVALID');
  });
});
