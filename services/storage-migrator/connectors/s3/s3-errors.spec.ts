import { SmartantError } from '@smartant/kernel';
import { mayHaveHappened, refusalError, transportError } from './s3-errors';

const refusal = { status: 400, operation: 'put an object', namesObject: true };

describe('refusalError', () => {
  it.each([
    ['AccessDenied', 403, 'STORAGE_ACCESS_DENIED', false],
    ['SignatureDoesNotMatch', 403, 'STORAGE_CREDENTIALS_INVALID', false],
    ['ExpiredToken', 400, 'STORAGE_CREDENTIALS_INVALID', false],
    ['NoSuchBucket', 404, 'STORAGE_BUCKET_NOT_FOUND', false],
    ['NoSuchKey', 404, 'STORAGE_OBJECT_NOT_FOUND', false],
    ['NoSuchUpload', 404, 'STORAGE_UPLOAD_NOT_FOUND', false],
    ['PreconditionFailed', 412, 'STORAGE_PRECONDITION_FAILED', false],
    ['ConditionalRequestConflict', 409, 'STORAGE_PRECONDITION_FAILED', true],
    ['SlowDown', 503, 'STORAGE_THROTTLED', true],
    ['RequestTimeout', 400, 'STORAGE_TIMEOUT', true],
    ['InternalError', 500, 'STORAGE_UNREACHABLE', true],
    ['BadDigest', 400, 'STORAGE_CHECKSUM_MISMATCH', true],
    ['RequestTimeTooSkewed', 403, 'STORAGE_CLOCK_SKEWED', false],
    ['InvalidObjectState', 403, 'STORAGE_OBJECT_ARCHIVED', false],
    ['NotImplemented', 501, 'STORAGE_UNSUPPORTED', false],
    ['KeyTooLongError', 400, 'STORAGE_REJECTED', false],
    [undefined, 404, 'STORAGE_OBJECT_NOT_FOUND', false],
    [undefined, 403, 'STORAGE_ACCESS_DENIED', false],
    [undefined, 412, 'STORAGE_PRECONDITION_FAILED', false],
    [undefined, 429, 'STORAGE_THROTTLED', true],
    [undefined, 502, 'STORAGE_UNREACHABLE', true],
    [undefined, 503, 'STORAGE_UNREACHABLE', true],
    [undefined, 507, 'STORAGE_FULL', true],
    ['XMinioStorageFull', 507, 'STORAGE_FULL', true],
    ['QuotaExceeded', 403, 'STORAGE_FULL', true],
    [undefined, 418, 'STORAGE_REJECTED', false],
  ])('classifies %s with status %d as %s', (s3Code, status, code, retryable) => {
    expect(refusalError({ ...refusal, s3Code, status })).toMatchObject({ code, retryable });
  });

  it('takes a bodyless 404 of the bucket for the bucket', () => {
    expect(refusalError({ ...refusal, status: 404, namesObject: false }).code).toBe('STORAGE_BUCKET_NOT_FOUND');
  });

  it('passes on the bucket’s region', () => {
    expect(refusalError({ ...refusal, status: 301, bucketRegion: 'eu-west-1' })).toMatchObject({
      code: 'STORAGE_REGION_MISMATCH',
      details: { bucketRegion: 'eu-west-1' },
    });
  });
});

describe('transportError', () => {
  const failed = (code: string) => Object.assign(new Error('x'), { code });

  it.each([
    ['ECONNREFUSED', 'STORAGE_UNREACHABLE', false],
    ['ENOTFOUND', 'STORAGE_UNREACHABLE', false],
    ['ECONNRESET', 'STORAGE_UNREACHABLE', true],
    ['UND_ERR_SOCKET', 'STORAGE_UNREACHABLE', true],
    ['UND_ERR_HEADERS_TIMEOUT', 'STORAGE_TIMEOUT', true],
    ['BODY_TRUNCATED', 'STORAGE_UNREACHABLE', true],
  ])('classifies %s as %s', (cause, code, happened) => {
    const error = transportError(failed(cause), 'put an object');
    expect(error).toMatchObject({ code, retryable: true });
    expect(mayHaveHappened(error)).toBe(happened);
  });

  it('does not repeat what an untrusted certificate stops', () => {
    expect(transportError(failed('DEPTH_ZERO_SELF_SIGNED_CERT'), 'x')).toMatchObject({ code: 'TLS_AUTHORITY_UNKNOWN', retryable: false });
  });

  it('tells https at a port of plain http from an untrusted certificate', () => {
    const error = transportError(failed('EPROTO'), 'x');
    expect(error).toMatchObject({
      code: 'TLS_NOT_SPOKEN',
      message: expect.stringContaining('no TLS'),
      retryable: false,
    });
    expect(error.hint).toContain('http or https');
  });

  it('passes on an error of ours from inside the connection', () => {
    const ours = new SmartantError('EGRESS_FORBIDDEN', 'no', { kind: 'forbidden' });
    expect(transportError(new AggregateError([new Error('x', { cause: ours })]), 'x')).toBe(ours);
  });
});
