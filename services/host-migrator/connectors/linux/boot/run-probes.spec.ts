import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import type { HealthProbe } from '../../../domain/host-scope';
import { dialLoopback, runProbes } from './run-probes';

const open = new Set<Server>();
const listen = (server: Server) =>
  new Promise<number>((resolve) => {
    open.add(server);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
afterEach(async () => {
  await Promise.all([...open].map((server) => new Promise((resolve) => server.close(resolve))));
  open.clear();
});

const { signal } = new AbortController();
const machine = { session: null, dial: dialLoopback };
const http = (port: number, more: Partial<Extract<HealthProbe, { kind: 'http' }>> = {}): HealthProbe => ({
  ...{ kind: 'http', port, path: '/health?x=1', expectStatus: 200, expectText: 'fine', timeoutMs: 100 },
  ...more,
});

describe('probes', () => {
  it('of HTTP pass with the expected status and text, and are asked until they do', async () => {
    let asked = 0;
    const port = await listen(
      createServer((request, response) => {
        asked += 1;
        response.statusCode = asked < 3 ? 503 : 200;
        response.end(request.url === '/health?x=1' ? 'all is fine here' : 'other');
      }),
    );
    expect(await runProbes(machine, [http(port, { timeoutMs: 10_000 })], signal)).toEqual([
      { probe: `http ${port}/health?x=1`, passed: true, detail: 'status 200' },
    ]);
    expect(asked).toBe(3);
    const [text, status] = await runProbes(machine, [http(port, { path: '/' }), http(port, { expectStatus: 204 })], signal);
    expect(text).toMatchObject({ passed: false, detail: 'status 200, without the expected text' });
    expect(status).toMatchObject({ passed: false, detail: 'status 200' });
  });

  it('of TCP pass where somebody stays or speaks, and not where a connection ends at once', async () => {
    const stays = await listen(createTcpServer());
    const speaks = await listen(createTcpServer((socket) => socket.end('hello')));
    const nobody = await listen(createTcpServer((socket) => socket.destroy()));
    const tcp = (port: number): HealthProbe => ({ kind: 'tcp', port, timeoutMs: 100 });
    const results = await runProbes(machine, [tcp(stays), tcp(speaks), tcp(nobody)], signal);
    expect(results.map(({ passed }) => passed)).toEqual([true, true, false]);
  });

  it('that need SSH fail where it never answered', async () => {
    const results = await runProbes(
      machine,
      [
        { kind: 'ssh', timeoutMs: 1 },
        { kind: 'mount', mount: '/data', timeoutMs: 1 },
      ],
      signal,
    );
    expect(results.map(({ passed, detail }) => ({ passed, detail }))).toEqual(
      Array(2).fill({ passed: false, detail: 'SSH did not answer' }),
    );
  });
});
