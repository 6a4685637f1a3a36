import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { credentialV1 } from '@smartant/contracts';
import { createLogger } from '@smartant/platform/logging';
import { advanceRollover, issueCertificate, ServiceIdentity } from '@smartant/platform/tls';
import { createRpcClient } from './rpc-client';
import { serverCredentials } from './tls-credentials';

type Request = credentialV1.ResolveRequest;
type Response = credentialV1.ResolveResponse;

const logger = createLogger({ service: 'renewal-spec', level: 'error' });
const dir = mkdtempSync(join(tmpdir(), 'smartant-renewal-'));
const names = ['scheduler', 'storage-migrator'];
const identities: ServiceIdentity[] = [];
const closing: (() => void)[] = [];
let address: string;
const release: (() => void)[] = [];
/** The serial numbers of clients' certificates that the server has seen. */
const serials = new Set<string>();

async function identityOf(name: string): Promise<ServiceIdentity> {
  const identity = new ServiceIdentity(await issueCertificate(dir, name), logger, 3_600_000);
  identities.push(identity);
  return identity;
}

/** As the supervisor does: everything anew, then whoever uses it looks. */
async function reissue(): Promise<void> {
  for (const name of names) await issueCertificate(dir, name);
  for (const identity of identities) identity.look();
}

async function forceReissue(): Promise<void> {
  for (const name of names) rmSync(join(dir, `${name}.crt`));
  await reissue();
}

beforeAll(async () => {
  const server = new Server();
  server.addService(credentialV1.CredentialServiceService, {
    resolve: (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>) => {
      serials.add((call.getAuthContext().sslPeerCertificate as { serialNumber: string } | undefined)?.serialNumber ?? 'none');
      const done = () => answer(null, credentialV1.ResolveResponse.fromPartial({ ttlSeconds: 1 }));
      if (call.request.runId === 'slow') release.push(done);
      else done();
    },
  });
  const tls = await identityOf('scheduler');
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', serverCredentials(tls), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  address = `127.0.0.1:${port}`;
  closing.push(() => server.forceShutdown());
});
afterAll(() => {
  for (const close of closing.reverse()) close();
  for (const identity of identities) identity.close();
});

function client(tls: ServiceIdentity) {
  const rpc = createRpcClient(credentialV1.CredentialServiceClient, { address, tls, serverName: 'scheduler' });
  closing.push(() => rpc.close());
  return rpc;
}
const ask = (runId: string) => ({ runId, epoch: 1, endpointId: 'ep' });

/** Calls over new connections, while `work` goes on. All must succeed. */
async function underCalls(tls: ServiceIdentity, work: () => Promise<void>): Promise<number> {
  let calls = 0;
  const stop = new AbortController();
  const calling = (async () => {
    while (!stop.signal.aborted) {
      const rpc = createRpcClient(credentialV1.CredentialServiceClient, { address, tls, serverName: 'scheduler' });
      await Promise.all([1, 2, 3].map(() => rpc.resolve(ask('quick'))));
      calls += 3;
      rpc.close();
    }
  })();
  await work();
  const before = calls;
  while (calls < before + 6) await Promise.race([calling, new Promise((resolve) => setImmediate(resolve))]);
  stop.abort();
  await calling;
  return calls;
}

it('renews both sides under calls in flight, and none fails', async () => {
  const tls = await identityOf('storage-migrator');
  const rpc = client(tls);
  const slow = rpc.resolve(ask('slow'));
  while (release.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const early = serials.size;
  await underCalls(tls, async () => {
    for (let round = 0; round < 3; round += 1) await forceReissue();
  });
  for (const done of release.splice(0)) done();
  await expect(slow).resolves.toMatchObject({ ttlSeconds: 1 });
  expect(serials.size).toBeGreaterThan(early);
});

it('replaces the authority in three steps, and no call fails', async () => {
  const tls = await identityOf('storage-migrator');
  const [before] = readFileSync(join(dir, 'ca.crt'), 'utf8').split('-----END');
  const steps: string[] = [];
  await underCalls(tls, async () => {
    for (let begin = true; steps.at(-1) !== 'finished'; begin = false) {
      steps.push(await advanceRollover(dir, { begin, nowMs: Date.now() + 120_000 }));
      // Too early for the next step: services have not looked yet.
      expect(await advanceRollover(dir, { begin: false })).toBe('none');
      await reissue();
    }
  });
  expect(steps).toEqual(['trusted', 'switched', 'finished']);
  expect(readFileSync(join(dir, 'ca.crt'), 'utf8')).not.toContain(before);
});

it('keeps to the earlier certificate while the files do not fit together', async () => {
  const tls = await identityOf('storage-migrator');
  const file = join(dir, 'storage-migrator.key');
  const whole = readFileSync(file);
  writeFileSync(file, readFileSync(join(dir, 'scheduler.key')));
  tls.look();
  await expect(client(tls).resolve(ask('quick'))).resolves.toMatchObject({ ttlSeconds: 1 });
  writeFileSync(file, whole);
});

it('lets nobody in whose authority is no longer trusted', async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'smartant-renewal-'));
  const foreign = new ServiceIdentity(await issueCertificate(elsewhere, 'storage-migrator'), logger, 3_600_000);
  identities.push(foreign);
  await expect(client(foreign).resolve(ask('quick'), { deadlineMs: 1_000 })).rejects.toMatchObject({
    code: expect.stringMatching(/^RPC_(UNAVAILABLE|DEADLINE_EXCEEDED)$/),
  });
});
