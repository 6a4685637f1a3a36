import { status } from '@grpc/grpc-js';
import { describeIf } from '@smartant/test-servers';
import { until } from '../mesh/test-mesh';
import { whyNoKong } from './container-engine';
import { MACHINES, SIGN_IN_LIMIT } from './gateway-chart';
import { callGrpc, GET_MIGRATION } from './grpc-caller';
import { ask, opened, type PlainAnswer } from './plain-request';
import { SETTINGS, TABLE, type Row, type Setting } from './request-table';
import { TestGateway } from './test-gateway';
import { TokenPress, type WrongToken } from './token-press';

const API = '/v1/workspaces';
const FORGED = {
  'x-forwarded-client-cert': 'By=spiffe://cluster.local/ns/prod/sa/scheduler;URI=spiffe://cluster.local/ns/prod/sa/storage-migrator',
  'x-consumer-id': 'forged',
  'x-consumer-custom-id': 'forged',
  'x-consumer-username': 'forged',
  'x-consumer-groups': 'forged',
  'x-authenticated-groups': 'forged',
  'x-credential-identifier': 'forged',
  'x-anonymous-consumer': 'true',
};

/** The chart's own Kong, obeying what the chart renders and gateway-keys hands over. */
describeIf(whyNoKong(), 'the gateway, by Kong itself', () => {
  let gateway: TestGateway;
  let tokens: Record<WrongToken | 'right', string>;
  let readinessBefore: number;
  const bearer = (token = tokens.right) => ({ authorization: `Bearer ${token}` });
  const arrivals = () => gateway.parts.upstream.arrivals;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    tokens = { right: await gateway.parts.key.token(), ...(await gateway.parts.key.wrongTokens()) };
    readinessBefore = await gateway.readiness();
    gateway.startKeys();
    await until('Kong is ready', async () => (await gateway.readiness()) === 200);
  }, 180_000);
  afterAll(() => gateway?.stop());
  beforeEach(() => void arrivals().splice(0));

  const send = ({ request, token, from, tls }: Pick<Row, 'request' | 'token' | 'from' | 'tls'>): Promise<PlainAnswer> =>
    ask(gateway.place(tls ? 'https' : 'http'), {
      ...request,
      headers: { ...request.headers, ...(token ? bearer(tokens[token]) : {}), 'x-forwarded-for': from ?? '198.51.100.200' },
    });

  it('is not ready before gateway-keys has handed over what it is to obey', () => expect(readinessBefore).toBe(503));

  describe.each(Object.keys(SETTINGS) as Setting[])('%s', (setting) => {
    beforeAll(() => gateway.set(setting));

    it.each(TABLE.filter((row) => (row.setting ?? 'open to all') === setting))('answers $name: $status', async (row) => {
      const answer = await send(row);
      expect({ status: answer.status, arrived: arrivals().length }).toEqual({
        status: row.status,
        arrived: (row.arrives ?? row.status === 200) ? 1 : 0,
      });
      if (row.says) expect(answer.text).toMatch(row.says);
      for (const [name, value] of Object.entries(row.headers ?? {})) expect(String(answer.headers[name])).toMatch(value);
      for (const name of row.without ?? []) expect(answer.headers).not.toHaveProperty(name);
    });
  });

  describe('to all', () => {
    beforeAll(() => gateway.set('open to all'));

    it('takes no token from a URL or a cookie', async () => {
      expect((await send({ request: { path: `${API}?jwt=${tokens.right}` } })).status).toBe(401);
      expect((await send({ request: { path: API, headers: { cookie: `jwt=${tokens.right}` } } })).status).toBe(401);
    });

    it.each([
      ['with a token', API, 'right' as const],
      ['without one', '/docs/', undefined],
    ])('lets nobody state an identity from outside, %s', async (_, path, token) => {
      await send({ request: { path, headers: FORGED }, token });
      expect(arrivals()).toHaveLength(1);
      for (const name of Object.keys(FORGED)) expect(arrivals()[0]!.headers).not.toHaveProperty(name);
    });

    it('gives a request an id that both ends see, and keeps one that it has', async () => {
      const { headers } = await send({ request: { path: '/docs/' } });
      expect(headers['x-request-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      const again = await send({ request: { path: '/docs/', headers: { 'x-request-id': 'mine-1' } } });
      expect(again.headers['x-request-id']).toBe('mine-1');
      expect(arrivals().map((arrival) => arrival.headers['x-request-id'])).toEqual([headers['x-request-id'], 'mine-1']);
    });

    it('refuses an address that signs in too often, says until when, and nobody else', async () => {
      const signIn = (from: string) => send({ request: { method: 'POST', path: '/v1/auth/token' }, from });
      const answers = [await signIn('198.51.100.77')];
      expect(answers[0]!.headers).toMatchObject({
        'ratelimit-limit': String(SIGN_IN_LIMIT),
        'x-ratelimit-limit-minute': String(SIGN_IN_LIMIT),
      });
      // Counted beside the request and anew each minute of the clock: twice the limit, should a minute end meanwhile, and a few that are on their way.
      while (answers.at(-1)!.status === 200 && answers.length < 2 * SIGN_IN_LIMIT + 3) answers.push(await signIn('198.51.100.77'));
      const last = answers.at(-1)!;
      expect(last).toMatchObject({ status: 429, headers: { 'ratelimit-remaining': '0' } });
      expect(last.text).toMatch(/API rate limit exceeded/);
      expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
      expect(Number(last.headers['retry-after'])).toBeLessThanOrEqual(60);
      expect(arrivals()).toHaveLength(answers.length - 1);
      expect((await signIn('198.51.100.78')).status).toBe(200);
    });

    it('passes events on as they come', async () => {
      const path = `${API}/default/migrations/mig_1/watch`;
      const stream = await opened(gateway.place('http'), { path, headers: bearer() });
      expect(stream.headers['content-type']).toBe('text/event-stream');
      const events = stream.setEncoding('utf8')[Symbol.asyncIterator]();
      for (const event of ['first', 'second']) {
        gateway.parts.upstream.tell(event);
        // The upstream goes on with the stream: what is read here was kept back by nobody.
        expect(await events.next()).toEqual({ done: false, value: `data: ${event}\n\n` });
      }
      gateway.parts.upstream.endStreams();
      expect((await events.next()).done).toBe(true);
    });

    it('lets a machine of the group call gRPC over TLS, and keeps its key', async () => {
      const call = (headers: Record<string, string>, path?: string, host?: string) =>
        callGrpc(gateway.place('https'), path ?? GET_MIGRATION, headers, host);
      const machine = (name: keyof typeof MACHINES) => ({ 'x-api-key': MACHINES[name].key });
      expect(await call({ ...machine('billing'), ...FORGED })).toBe(status.OK);
      expect(arrivals()).toMatchObject([{ method: 'POST', path: GET_MIGRATION, bodyBytes: 5 }]);
      for (const name of ['x-api-key', ...Object.keys(FORGED)]) expect(arrivals()[0]!.headers).not.toHaveProperty(name);
      arrivals().splice(0);
      expect(await call({ 'x-api-key': `${MACHINES.billing.key}x` })).toBe(status.UNAUTHENTICATED);
      expect(await call({})).toBe(status.UNAUTHENTICATED);
      expect(await call(bearer())).toBe(status.UNAUTHENTICATED);
      expect(await call(machine('hooks'))).toBe(status.PERMISSION_DENIED);
      // Kong's 404 has a status of gRPC beside it, which a client reads only where the answer ends with its headers.
      const nobodys = [status.NOT_FOUND, status.UNIMPLEMENTED];
      expect(nobodys).toContain(await call(machine('billing'), '/smartant.migrator.v1.MigratorService/GetRun'));
      expect(nobodys).toContain(await call(machine('billing'), GET_MIGRATION, 'api.example.com'));
      expect(arrivals()).toEqual([]);
    });

    it('limits a machine as its own limit says', async () => {
      const codes: status[] = [];
      const limited = [status.RESOURCE_EXHAUSTED, status.UNAVAILABLE];
      while (!limited.includes(codes.at(-1) ?? status.OK) && codes.length < 2 * MACHINES.metered.minute + 3)
        codes.push(await callGrpc(gateway.place('https'), GET_MIGRATION, { 'x-api-key': MACHINES.metered.key }));
      expect(limited).toContain(codes.at(-1));
      expect(new Set(codes.slice(0, -1))).toEqual(new Set([status.OK]));
    });

    it('lets no token in whose key has been withdrawn, and those of the new key at once', async () => {
      const { parts } = gateway;
      parts.key = new TokenPress('key_2');
      const statusOf = async (token: string) => (await ask(gateway.place('http'), { path: API, headers: bearer(token) })).status;
      expect(await statusOf(tokens.right)).toBe(200);
      // What `rotate` with `atOnce` does to what the scheduler publishes.
      parts.upstream.published = [parts.key.published()];
      await until('Kong refuses the old key', async () => (await statusOf(tokens.right)) === 401);
      const newer = await parts.key.token();
      await until('Kong takes the new key', async () => (await statusOf(newer)) === 200);
      arrivals().splice(0);
      expect(await statusOf(tokens.right)).toBe(401);
      expect(arrivals()).toEqual([]);
      expect(parts.said.join('\n')).not.toContain(MACHINES.billing.key);
    });
  });
});
