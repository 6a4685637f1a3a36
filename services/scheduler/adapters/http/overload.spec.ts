import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { WatchUpdate } from '../../application/use-cases';
import { createSchedulerGate, DEFAULT_GATE_SETTINGS, type SchedulerGate } from '../admission';
import { EventStreams } from './answer/event-stream';
import { startApi, type Answer, type RunningApi } from './fixtures/running-api';
import { sampleMigration } from './fixtures/sample-values';
import { ALL_ROUTES } from './routes/all-routes';
import { routeMatcher } from './access/route-matcher';

const LIST = '/v1/workspaces/default/migrations';
const WATCH = `${LIST}/m/watch`;

let gate: SchedulerGate;
let api: RunningApi;
const sockets: Socket[] = [];
const READERS = 200;

beforeEach(async () => {
  gate = createSchedulerGate({ ...DEFAULT_GATE_SETTINGS, lists: 4, streams: 2 * READERS, patienceMs: 60_000 });
  api = await startApi({ gate });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  gate.stop();
  await api.close();
});

async function tokenOf(userId: string): Promise<string> {
  await api.addUser(userId);
  const workspace = { workspaceId: 'ws_default', workspaceName: 'default' };
  return api.identity.tokens.issue({ userId, username: userId, ...workspace, role: 'operator', credential: null });
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; !condition();) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in 30 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Listings that give no answer until they are let go. */
function holdLists() {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const list = () => held.then(() => ({ items: [sampleMigration()], nextPageToken: null }));
  api.recorded.answer({ migrations: { list } });
  return { letGo };
}

/** As many listings as there are places, running and waiting, by so many callers that none of them has more than another. */
async function saturateLists(): Promise<Promise<Answer>[]> {
  const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => tokenOf(`usr_${index}`)));
  const answers = tokens.map((token) => api.call('GET', LIST, { token }));
  await until(() => gate.stateOf('list').running === 4 && gate.stateOf('list').waiting === 16);
  return answers;
}

describe('while every place for listings is taken', () => {
  it('refuses more of them with 503 and Retry-After, and lets transitions and reads pass', async () => {
    const { letGo } = holdLists();
    const held = await saturateLists();
    const token = await tokenOf('newcomer');
    const refused = await api.call('GET', LIST, { token });
    expect(refused).toMatchObject({
      status: 503,
      json: { code: 'ADMISSION_OVERLOADED', retryable: true, details: { class: 'list' }, retryAfterMs: expect.any(Number) },
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    for (const action of ['pause', 'resume', 'cancel', 'cutover']) {
      expect(await api.call('POST', `${LIST}/m/${action}`, { token, body: {} })).toMatchObject({ status: 200 });
    }
    expect(await api.call('GET', `${LIST}/m`, { token })).toMatchObject({ status: 200 });
    letGo();
    expect((await Promise.all(held)).every(({ status }) => status === 200)).toBe(true);
  });

  it('keeps the place of a request whose client has left until its work is done', async () => {
    const { letGo } = holdLists();
    const leaving = new AbortController();
    const token = await tokenOf('hasty');
    const left = fetch(`${api.url}${LIST}`, { headers: { authorization: `Bearer ${token}` }, signal: leaving.signal });
    await until(() => api.recorded.calls.some(({ name }) => name === 'migrations.list'));
    leaving.abort();
    await expect(left).rejects.toThrow();
    await until(() => gate.stateOf('list').running === 1);
    letGo();
    await until(() => gate.stateOf('list').running === 0);
  });
});

it('tells one noisy caller to wait, and serves the others', async () => {
  const { letGo } = holdLists();
  const noisy = await tokenOf('noisy');
  const flood = Array.from({ length: 40 }, () => api.call('GET', LIST, { token: noisy }));
  await until(() => gate.stateOf('list').running === 3 && gate.stateOf('list').waiting === 12);
  expect(await api.call('GET', LIST, { token: noisy })).toMatchObject({ status: 429, json: { code: 'ADMISSION_CALLER_LIMIT' } });
  const quiet = api.call('GET', LIST, { token: await tokenOf('quiet') });
  await until(() => gate.stateOf('list').running === 4);
  letGo();
  expect(await quiet).toMatchObject({ status: 200 });
  const statuses = (await Promise.all(flood)).map(({ status }) => status);
  expect(statuses).toContain(429);
});

it('gives a precheck none of the places of transitions', async () => {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const validate = () => held.then(() => ({ findings: [], estimate: { objects: 0, bytes: 0, complete: true } }));
  api.recorded.answer({ migrations: { validate } });
  const body = { source: { endpoint: 'a' }, target: { endpoint: 'b' }, spec: { kind: 'storage' } };
  const asked = api.call('POST', `${LIST}?validateOnly=true`, { token: await tokenOf('ann'), body });
  await until(() => gate.stateOf('probe').running === 1);
  expect(gate.stateOf('transition').running).toBe(0);
  letGo();
  expect(await asked).toMatchObject({ status: 200 });
});

/** Reads nothing after it has asked. */
function pausedReader(token: string): Socket {
  const { port } = new URL(api.url);
  const socket = connect({ port: Number(port), host: '127.0.0.1' });
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(`GET ${WATCH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  return socket;
}

describe('readers of a watch that take nothing', () => {
  /** Large, so that the buffers of the system are full soon and what is not taken stays with us. */
  const name = 'x'.repeat(256 * 1024);
  let yielded = 0;

  /** States that follow each other without a pause. */
  async function* updates(_caller: unknown, _id: string, signal: AbortSignal): AsyncGenerator<WatchUpdate> {
    for (yielded = 0; !signal.aborted;) {
      yielded += 1;
      yield { migration: sampleMigration({ version: yielded, name }), bytesPerSecond: 1, objectsPerSecond: 1 };
    }
  }

  it('cost one event each, however many events there are', async () => {
    api.recorded.answer({ migrations: { watch: updates } });
    const responses: ServerResponse[] = [];
    api.app.getHttpServer().on('request', (_request: unknown, response: ServerResponse) => responses.push(response));
    const token = await tokenOf('sleepy');
    for (let index = 0; index < READERS; index += 1) pausedReader(token);
    await until(() => responses.filter((response) => response.writableNeedDrain).length === READERS);
    const stalledAt = yielded;
    await until(() => yielded > stalledAt + 100);
    // Kept for each of them, a hundred events of 256 KiB would be 5 GB by now.
    const buffered = responses.map((response) => response.writableLength);
    expect(Math.max(...buffered)).toBeLessThan(2 * name.length);
  });

  it('are cut, and others are not', async () => {
    const streams = api.app.get(EventStreams, { strict: false });
    Object.assign(streams, { limits: { keepAliveMs: 15_000, stalledMs: 200 } });
    api.recorded.answer({ migrations: { watch: updates } });
    const token = await tokenOf('sleepy');
    pausedReader(token);
    const reader = pausedReader(token);
    let bytes = 0;
    reader.on('data', (chunk) => (bytes += chunk.length));
    reader.resume();
    await until(() => streams.size === 2);
    await until(() => streams.size === 1);
    const bytesThen = bytes;
    await until(() => bytes > bytesThen + 10 * name.length);
    expect(gate.stateOf('stream').running).toBe(1);
  });

  it('are not more than the process and one caller may have', async () => {
    api.recorded.answer({
      migrations: {
        watch: async function* (_caller, _id, signal) {
          yield { migration: sampleMigration(), bytesPerSecond: 1, objectsPerSecond: 1 };
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        },
      },
    });
    const token = await tokenOf('greedy');
    for (let index = 0; index < READERS; index += 1) pausedReader(token);
    await until(() => gate.stateOf('stream').running === READERS);
    const refused = await api.call('GET', WATCH, { token });
    expect(refused).toMatchObject({ status: 429, json: { code: 'ADMISSION_CALLER_LIMIT', details: { class: 'stream' } } });
  });
});

it('finds the route of every request as the router does', () => {
  const match = routeMatcher(ALL_ROUTES);
  for (const route of ALL_ROUTES) {
    const path = route.path.replaceAll(/\{\w+\}/g, 'some%20thing.x');
    expect(match(route.method, path)).toBe(route);
    expect(match(route.method, path.toUpperCase())).toBe(route);
    if (route.path !== '/') expect(match(route.method, `${path}/`)).toBe(route);
    if (route.method === 'GET') expect(match('HEAD', path)).toBe(route);
    expect(match(route.method, `${path}/and/more/of/it`)).toBeUndefined();
  }
});
