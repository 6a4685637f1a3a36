import { Metadata, status } from '@grpc/grpc-js';
import { rpcDetails, RpcStatus } from '@smartant/contracts';
import { SmartantError, type SmartantErrorOptions } from '@smartant/kernel';
import { fromGrpcError, toGrpcError } from './index';

function roundTrip(options: SmartantErrorOptions): SmartantError {
  return fromGrpcError(toGrpcError(new SmartantError('STORAGE_BUCKET_NOT_FOUND', 'No bucket.', options)));
}

describe('error details', () => {
  it.each([
    ['invalid', status.INVALID_ARGUMENT],
    ['unauthenticated', status.UNAUTHENTICATED],
    ['forbidden', status.PERMISSION_DENIED],
    ['not-found', status.NOT_FOUND],
    ['conflict', status.ABORTED],
    ['precondition', status.FAILED_PRECONDITION],
    ['too-many', status.RESOURCE_EXHAUSTED],
    ['unavailable', status.UNAVAILABLE],
    ['timeout', status.DEADLINE_EXCEEDED],
    ['cancelled', status.CANCELLED],
    ['internal', status.INTERNAL],
  ] as const)('maps %s to its status and back', (kind, code) => {
    expect(toGrpcError(new SmartantError('X', '', { kind })).code).toBe(code);
    expect(roundTrip({ kind }).kind).toBe(kind);
  });

  it.each(['unavailable', 'timeout'] as const)('tells a mesh that the service is well where an endpoint is %s', (kind) => {
    expect(toGrpcError(new SmartantError('STORAGE_UNREACHABLE', '', { kind, actor: 'user' })).code).toBe(status.FAILED_PRECONDITION);
    expect(roundTrip({ kind, actor: 'user' })).toMatchObject({ kind, actor: 'user', retryable: true });
  });

  it('carries code, message, retry, actor, hint, fields and facts, and never the cause', () => {
    const canary = 'CANARY-42';
    const options: SmartantErrorOptions = {
      kind: 'too-many',
      retry: { kind: 'after', delayMs: 1_500 },
      actor: 'operator',
      hint: 'Wait — 请稍候.',
      fields: [{ field: 'spec.limits.concurrency', message: 'too high' }],
      details: { bucket: 'photos' },
      cause: new Error(canary),
    };
    const received = roundTrip(options);
    expect(received).toMatchObject({ code: 'STORAGE_BUCKET_NOT_FOUND', message: 'No bucket.', ...options, cause: expect.anything() });
    expect(JSON.stringify(toGrpcError(new SmartantError('X', 'm', options)).metadata?.toJSON())).not.toContain(canary);
  });

  it('speaks the standard google.rpc details', () => {
    const sent = toGrpcError(
      new SmartantError('RUN_STALE', 'Stale.', {
        kind: 'precondition',
        details: { subject: 'run_1' },
        fields: [{ field: 'epoch', message: 'old' }],
      }),
    );
    const trailer = RpcStatus.decode(sent.metadata?.get('grpc-status-details-bin')[0] as Buffer);
    expect(trailer.code).toBe(status.FAILED_PRECONDITION);
    const [info, precondition, badRequest] = trailer.details;
    expect(rpcDetails.ErrorInfo.decode(info!.value)).toMatchObject({ reason: 'RUN_STALE', domain: 'smartant.io' });
    expect(precondition!.typeUrl).toBe('type.googleapis.com/google.rpc.PreconditionFailure');
    expect(rpcDetails.PreconditionFailure.decode(precondition!.value).violations).toEqual([
      { type: 'RUN_STALE', subject: 'run_1', description: 'Stale.' },
    ]);
    expect(rpcDetails.BadRequest.decode(badRequest!.value).fieldViolations[0]).toMatchObject({ field: 'epoch', description: 'old' });
  });

  it.each([
    [status.UNAVAILABLE, 'RPC_UNAVAILABLE', true],
    [status.DEADLINE_EXCEEDED, 'RPC_DEADLINE_EXCEEDED', true],
    [status.PERMISSION_DENIED, 'RPC_FORBIDDEN', false],
    [status.UNIMPLEMENTED, 'RPC_UNIMPLEMENTED', false],
    [status.CANCELLED, 'CANCELLED', false],
    [status.DATA_LOSS, 'RPC_FAILED', false],
  ])('names a bare status %s', (code, expected, retryable) => {
    const error = fromGrpcError(Object.assign(new Error('x'), { code, details: 'x', metadata: new Metadata() }), '/a.B/C');
    expect([error.code, error.retryable, error.details['method'] ?? '/a.B/C']).toEqual([expected, retryable, '/a.B/C']);
  });

  it('does not trust details that are broken or of another domain', () => {
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', Buffer.from([0xff, 0xff, 0xff]));
    expect(fromGrpcError({ code: status.UNAVAILABLE, metadata }).code).toBe('RPC_UNAVAILABLE');
    const value = Buffer.from(rpcDetails.ErrorInfo.encode({ reason: 'FOREIGN', domain: 'example.com', metadata: {} }).finish());
    const details = [{ typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value }];
    metadata.set('grpc-status-details-bin', Buffer.from(RpcStatus.encode({ code: 14, message: '', details }).finish()));
    expect(fromGrpcError({ code: status.UNAVAILABLE, metadata }).code).toBe('RPC_UNAVAILABLE');
  });
});
