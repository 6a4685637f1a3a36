import { connect } from 'node:http2';
import { Client, credentials, type handleServerStreamingCall, Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServiceError, ServerUnaryCall } from '@grpc/grpc-js';
import { credentialV1, migrationV1 } from '@smartant/contracts';
import { AdmissionGate, type ClassLimits } from '@smartant/platform/admission';
import { admissionInterceptor, createRpcClient, streamOf } from './index';

const limits = (changes: Partial<ClassLimits>): ClassLimits => ({
  most: 1,
  least: 1,
  queue: 1,
  patienceMs: 60_000,
  callerShare: 1,
  shrinkAboveDelayMs: null,
  retryAfterMs: 10,
  ...changes,
});

const RESOLVE = credentialV1.CredentialServiceService.resolve;
const request = { runId: 'run_1', epoch: 1, endpointId: 'ep_1' };
const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

/** A server whose unary calls are answered by hand, and whose stream sends large messages for ever. */
async function serve(changes: Partial<ClassLimits> = {}) {
  const gate = new AdmissionGate({ classes: { call: limits(changes) } });
  const server = new Server({ interceptors: [admissionInterceptor((_path, caller, signal) => gate.enter('call', caller, signal))] });
  const held: sendUnaryData<object>[] = [];
  const stream = { pulled: 0, ended: '' };
  server.addService(credentialV1.CredentialServiceService, {
    resolve: (_call: ServerUnaryCall<object, object>, answer: sendUnaryData<object>) => void held.push(answer),
  });
  const watchMigration: handleServerStreamingCall<object, object> = (call) => {
    const source = async function* (signal: AbortSignal) {
      while (!signal.aborted && stream.pulled < 2_000) {
        stream.pulled += 1;
        yield migrationV1.WatchMigrationResponse.fromPartial({ migration: { name: 'x'.repeat(64 * 1024) } });
      }
    };
    streamOf(call, source, { stalledMs: 300 }).subscribe({
      next: (message) => void call.write(message),
      error: (error: { code: string }) => {
        stream.ended = error.code;
        call.end();
      },
    });
  };
  const { watchMigration: watchDefinition } = migrationV1.MigrationServiceService;
  server.addService({ watchMigration: watchDefinition } as never, { watchMigration });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  const channel = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  closers.push(() => (channel.close(), server.forceShutdown()));
  /** One delivery without retries: its status, once it ends. */
  const deliver = (deadlineMs = 30_000) => {
    let call: { cancel(): void } | undefined;
    const ended = new Promise<status>((resolve) => {
      const options = { deadline: Date.now() + deadlineMs };
      const done = (error: ServiceError | null) => resolve(error?.code ?? status.OK);
      call = channel.makeUnaryRequest(
        RESOLVE.path,
        RESOLVE.requestSerialize,
        RESOLVE.responseDeserialize,
        request,
        new Metadata(),
        options,
        done,
      );
    });
    return { ended, cancel: () => call?.cancel() };
  };
  return { gate, held, stream, port, deliver, watchDefinition };
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition();) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in 20 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('holds a call back until there is room, and refuses those beyond the queue', async () => {
  const { gate, held, deliver } = await serve();
  const first = deliver();
  await until(() => held.length === 1);
  const second = deliver();
  await until(() => gate.stateOf('call').waiting === 1);
  expect(await deliver().ended).toBe(status.RESOURCE_EXHAUSTED);
  expect(held).toHaveLength(1);
  held[0]?.(null, { ttlSeconds: 1 });
  expect(await first.ended).toBe(status.OK);
  await until(() => held.length === 2);
  held[1]?.(null, { ttlSeconds: 1 });
  expect(await second.ended).toBe(status.OK);
  await until(() => gate.stateOf('call').running === 0);
});

it('gives the place up when a caller cancels or is too late, running or waiting', async () => {
  const { gate, held, deliver } = await serve();
  const running = deliver();
  await until(() => held.length === 1);
  const late = deliver(50);
  expect(await late.ended).toBe(status.DEADLINE_EXCEEDED);
  await until(() => gate.stateOf('call').waiting === 0);
  const cancelled = deliver();
  await until(() => gate.stateOf('call').waiting === 1);
  cancelled.cancel();
  expect(await cancelled.ended).toBe(status.CANCELLED);
  await until(() => gate.stateOf('call').waiting === 0);
  running.cancel();
  await until(() => gate.stateOf('call').running === 0);
});

it('names a pause that our client keeps before it asks again', async () => {
  const { held, port, deliver } = await serve({ queue: 0 });
  const first = deliver();
  await until(() => held.length === 1);
  const client = createRpcClient(credentialV1.CredentialServiceClient, { address: `127.0.0.1:${port}` });
  closers.push(() => client.close());
  const patient = client.resolve(request);
  const refusedOnce = deliver();
  expect(await refusedOnce.ended).toBe(status.RESOURCE_EXHAUSTED);
  held[0]?.(null, { ttlSeconds: 1 });
  await first.ended;
  await until(() => held.length === 2);
  held[1]?.(null, { ttlSeconds: 7 });
  await expect(patient).resolves.toMatchObject({ ttlSeconds: 7 });
});

it('pulls no more from the source than a stalled reader leaves room for, and ends its stream', async () => {
  const { port, stream, watchDefinition } = await serve();
  // Bare HTTP/2: a client of grpc-js takes in what nobody reads.
  const session = connect(`http://127.0.0.1:${port}`);
  closers.push(() => session.destroy());
  const headers = { ':method': 'POST', ':path': watchDefinition.path, 'content-type': 'application/grpc', te: 'trailers' };
  const reader = session.request(headers);
  reader.on('error', () => undefined);
  reader.pause();
  // One empty message: not compressed, no bytes.
  reader.end(Buffer.alloc(5));
  await until(() => stream.ended !== '');
  expect(stream.ended).toBe('RPC_STREAM_STALLED');
  expect(stream.pulled).toBeLessThan(100);
});
