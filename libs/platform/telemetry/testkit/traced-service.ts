// A service for start-telemetry.spec.ts: makes one trace over HTTP, gRPC and units of work, and prints what a server received.
import { telemetry } from './start-first';
import { createServer, get, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { Client } from 'pg';
import { credentialV1 } from '@smartant/contracts';
import { createRpcClient } from '@smartant/platform/grpc';
import { currentTraceId, inSpan, inUnitSpan, injectTraceContext, withExtractedTraceContext } from '../index';

const received: IncomingHttpHeaders[] = [];

async function listenHttp() {
  const server = createServer((request, response) => {
    received.push(request.headers);
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function listenGrpc() {
  const server = new Server();
  server.addService(credentialV1.CredentialServiceService, {
    resolve: (_call: unknown, answer: (error: null, value: object) => void) => answer(null, { secret: undefined, ttlSeconds: 1 }),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return { server, address: `127.0.0.1:${port}` };
}

async function openDatabase(): Promise<Client | undefined> {
  const connectionString = process.env['SPEC_DATABASE_URL'];
  if (connectionString === undefined) return undefined;
  const database = new Client({ connectionString });
  await database.connect();
  return database;
}

async function main() {
  const http = await listenHttp();
  const grpc = await listenGrpc();
  const client = createRpcClient(credentialV1.CredentialServiceClient, { address: grpc.address });
  const database = await openDatabase();
  const carrier: Record<string, string> = {};
  let traceId: string | undefined;
  await inSpan('migration.phase', { phase: 'full' }, async () => {
    traceId = currentTraceId();
    injectTraceContext(carrier);
    await fetch(`${http.url}/by-undici?X-Amz-Signature=CANARY-1`);
    await new Promise((resolve) => get(`${http.url}/by-http?X-Amz-Signature=CANARY-2`, (response) => response.resume().on('end', resolve)));
    await database?.query('SELECT $1::text AS in_span', ['CANARY-5']);
    await client.resolve({ runId: 'run_1', epoch: 1, endpointId: 'ep_1' });
    for (let i = 0; i < 20; i += 1) await inUnitSpan('object.copy', { key: `k${i}` }, () => inSpan('object.read', {}, () => undefined));
    const failing = () => inUnitSpan('object.copy', { key: 'bad', password: 'CANARY-3' }, () => inSpan('object.read', {}, fail));
    await failing().catch(() => undefined);
  });
  await withExtractedTraceContext(carrier, () => inSpan('event.handled', {}, () => undefined));
  const b3 = { 'x-b3-traceid': 'a'.repeat(32), 'x-b3-spanid': 'b'.repeat(16), 'x-b3-sampled': '1' };
  await withExtractedTraceContext(b3, () => inSpan('from.istio', {}, () => undefined));
  await inSpan('came.of', {}, () => undefined, [{ traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) }]);
  await database?.query('SELECT 1 AS polled_outside');
  await database?.end();
  client.close();
  grpc.server.forceShutdown();
  http.server.close();
  await telemetry.shutdown();
  process.stdout.write(JSON.stringify({ traceId, received, carrier }));
}

function fail(): never {
  throw new Error('PUT https://bucket/x?X-Amz-Signature=CANARY-4 failed');
}

void main();
