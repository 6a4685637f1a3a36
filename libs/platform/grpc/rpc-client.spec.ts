import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall, status } from '@grpc/grpc-js';
import { credentialV1, migratorV1, rpcPolicies } from '@smartant/contracts';
import { SmartantError } from '@smartant/kernel';
import { createRpcClient, toGrpcError } from './index';
import { retryCall } from './retry-call';

type Handler = (call: ServerUnaryCall<object, object>, answer: sendUnaryData<object>) => void;
const ok: Handler = (_call, answer) => answer(null, { secret: undefined, ttlSeconds: 9 });
const silent: Handler = () => undefined;
const failing =
  (error: SmartantError | { code: status }): Handler =>
  (_call, answer) =>
    answer(error instanceof SmartantError ? toGrpcError(error) : error);
const request = { runId: 'run_1', epoch: 1, endpointId: 'ep_1' };

/** A CredentialService whose handlers are used up one call at a time; the last one stays. */
async function serve(...handlers: Handler[]) {
  const server = new Server();
  const calls: ServerUnaryCall<object, object>[] = [];
  server.addService(credentialV1.CredentialServiceService, {
    resolve: (call: ServerUnaryCall<object, object>, answer: sendUnaryData<object>) => {
      calls.push(call);
      (handlers.length > 1 ? handlers.shift()! : handlers[0]!)(call, answer);
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  const client = createRpcClient(credentialV1.CredentialServiceClient, { address: `127.0.0.1:${port}` });
  const stop = () => {
    client.close();
    server.forceShutdown();
  };
  return { client, calls, port, stop };
}

describe('createRpcClient', () => {
  it('sets the deadline that the policy declares, or a shorter one, and says which RPC was late', async () => {
    const { client, calls, stop } = await serve(ok, silent);
    await client.resolve(request);
    const leftMs = Number(calls[0]!.getDeadline()) - Date.now();
    expect(leftMs).toBeGreaterThan(rpcPolicies['/smartant.credential.v1.CredentialService/Resolve']!.deadlineMs - 1_000);
    await expect(client.resolve(request, { deadlineMs: 60 })).rejects.toMatchObject({
      code: 'RPC_DEADLINE_EXCEEDED',
      kind: 'timeout',
      details: { method: '/smartant.credential.v1.CredentialService/Resolve' },
    });
    expect(calls.length).toBeGreaterThan(2); // The RPC is idempotent and its retries are the client's.
    stop();
  });

  it('repeats an unavailable call until it is answered', async () => {
    const { client, calls, stop } = await serve(failing({ code: status.UNAVAILABLE }), failing({ code: status.UNAVAILABLE }), ok);
    expect(await client.resolve(request)).toMatchObject({ ttlSeconds: 9 });
    expect(calls).toHaveLength(3);
    stop();
  });

  it('waits as long as the server asked for', async () => {
    const busy = new SmartantError('BUSY', 'Later.', { kind: 'unavailable', retry: { kind: 'after', delayMs: 300 } });
    const { client, stop } = await serve(failing(busy), ok);
    const startedMs = performance.now();
    await client.resolve(request);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(295);
    stop();
  });

  it.each([
    ['an error that is final by its own word', new SmartantError('X', '', { kind: 'unavailable', retry: { kind: 'never' } })],
    ['an error of the request', new SmartantError('X', '', { kind: 'invalid' })],
    ['a defect', { code: status.INTERNAL }],
  ])('does not repeat %s', async (_name, error) => {
    const { client, calls, stop } = await serve(failing(error));
    await expect(client.resolve(request)).rejects.toBeInstanceOf(SmartantError);
    expect(calls).toHaveLength(1);
    stop();
  });

  it('gives up after five attempts, with the last error', async () => {
    const { client, calls, stop } = await serve(
      failing(new SmartantError('DOWN', '', { kind: 'unavailable', retry: { kind: 'backoff' } })),
    );
    await expect(client.resolve(request)).rejects.toMatchObject({ code: 'DOWN' });
    expect(calls).toHaveLength(5);
    stop();
  });

  it('cancels at the server when its signal fires, and never starts with a fired one', async () => {
    const { client, calls, stop } = await serve(silent);
    const controller = new AbortController();
    const call = client.resolve(request, { signal: controller.signal });
    while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const cancelled = once(calls[0]!, 'cancelled');
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
    await cancelled;
    await expect(client.resolve(request, { signal: controller.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(calls).toHaveLength(1);
    stop();
  });

  it('says so when nobody listens', async () => {
    const client = createRpcClient(migratorV1.MigratorServiceClient, { address: '127.0.0.1:1' });
    await expect(client.getRun(migratorV1.GetRunRequest.fromPartial({}), { deadlineMs: 500 })).rejects.toMatchObject({
      kind: 'unavailable',
    });
    client.close();
  });

  it('leaves a connection whose other end went silent, and gets through on a new one', async () => {
    const { port, stop } = await serve(ok);
    const proxy = await blackHoleProxy(port);
    const client = createRpcClient(credentialV1.CredentialServiceClient, {
      address: `127.0.0.1:${proxy.port}`,
      channelOptions: { 'grpc.keepalive_time_ms': 200, 'grpc.keepalive_timeout_ms': 200 },
    });
    await client.resolve(request);
    proxy.swallow();
    await expect(client.resolve(request, { deadlineMs: 1_500 })).resolves.toMatchObject({ ttlSeconds: 9 });
    expect(proxy.connections()).toBe(2);
    client.close();
    proxy.close();
    stop();
  });
});

describe('retryCall', () => {
  const policy = { idempotent: true, deadlineMs: 1_000, callers: [], retryOwner: 'client' } as const;
  const down = () => Promise.reject(new SmartantError('DOWN', '', { kind: 'unavailable', retry: { kind: 'backoff' } }));

  it.each([
    ['is not idempotent', { ...policy, idempotent: false }],
    ['leaves retries to the mesh', { ...policy, retryOwner: 'mesh' as const }],
    ['wants no retries', { ...policy, retryOwner: 'none' as const }],
  ])('calls once what %s', async (_name, once) => {
    const attempt = jest.fn(down);
    await expect(retryCall(once, undefined, attempt)).rejects.toMatchObject({ code: 'DOWN' });
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  it('stops in the pause when the signal fires', async () => {
    const controller = new AbortController();
    const attempt = jest.fn(() => {
      queueMicrotask(() => controller.abort());
      return Promise.reject(new SmartantError('BUSY', '', { kind: 'unavailable', retry: { kind: 'after', delayMs: 600_000 } }));
    });
    // The pause is longer than a test may take: it ends by the signal or not at all.
    const patient = { ...policy, deadlineMs: 600_000 };
    await expect(retryCall(patient, controller.signal, attempt)).rejects.toMatchObject({ code: 'BUSY' });
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  it('does not start a pause that would end after twice the deadline', async () => {
    const attempt = jest.fn(() =>
      Promise.reject(new SmartantError('BUSY', '', { kind: 'unavailable', retry: { kind: 'after', delayMs: 2_500 } })),
    );
    await expect(retryCall(policy, undefined, attempt)).rejects.toMatchObject({ code: 'BUSY' });
    expect(attempt).toHaveBeenCalledTimes(1);
  });
});

/** Forwards TCP; `swallow` makes present connections silent without closing them, as a vanished host does. */
async function blackHoleProxy(target: number) {
  const pairs: [Socket, Socket][] = [];
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    pairs.push([near, far]);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => pairs.length,
    swallow: () => {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.resume();
        far.resume();
      }
    },
    close: () => {
      for (const socket of pairs.flat()) socket.destroy();
      server.close();
    },
  };
}
