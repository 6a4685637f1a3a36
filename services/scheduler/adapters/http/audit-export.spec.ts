import { request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { startApi, type RunningApi } from './fixtures/running-api';

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
});
beforeEach(() => api.recorded.reset());
afterAll(() => api.close());

const EXPORT = '/v1/workspaces/default/audit/export';

it('lists with filters, in a page, with times as they are stored', async () => {
  const token = await api.token('owner');
  const query = 'from=2026-11-28T08:00:00%2B08:00&actor=usr_1&action=endpoint&pageSize=3';
  const answer = await api.call('GET', `/v1/workspaces/default/audit?${query}`, { token });
  expect(answer).toMatchObject({ status: 200, json: { items: [{ seq: 1, action: 'endpoint.create', actor: { userId: 'usr_1' } }] } });
  expect(api.recorded.calls[0]?.args.slice(1)).toEqual([
    { from: '2026-11-28T00:00:00.000Z', actor: 'usr_1', action: 'endpoint' },
    { pageSize: 3, pageToken: undefined },
  ]);
  const wrong = await api.call('GET', '/v1/workspaces/default/audit?from=yesterday&other=1', { token });
  expect(wrong).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } });
});

it('answers with lines', async () => {
  api.recorded.answer({
    audit: {
      export: async function* (_caller, { afterSeq }) {
        for (let index = 0; index < 3; index += 1) yield `line ${afterSeq + index}`;
      },
    },
  });
  const answer = await api.call('GET', `${EXPORT}?after=7`, { token: await api.token('owner') });
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
  expect(answer.text).toBe('line 7\nline 8\nline 9\n');
});

it('makes a problem of what fails before the first line, and cuts what fails later', async () => {
  const token = await api.token('owner');
  let lines = 0;
  const failing = async function* () {
    for (let index = 0; index < lines; index += 1) yield 'x'.repeat(100_000);
    throw new Error('the database is gone');
  };
  api.recorded.answer({ audit: { export: failing } });
  expect(await api.call('GET', EXPORT, { token })).toMatchObject({ status: 500, json: { code: 'INTERNAL_ERROR' } });
  lines = 2;
  await expect(api.call('GET', EXPORT, { token })).rejects.toThrow();
});

it('reads no further than its reader takes, and stops when the reader leaves', async () => {
  let made = 0;
  let ended = () => {};
  const end = new Promise<void>((resolve) => (ended = resolve));
  api.recorded.answer({
    audit: {
      export: async function* () {
        try {
          for (;;) {
            made += 1;
            yield 'x'.repeat(50_000);
          }
        } finally {
          ended();
        }
      },
    },
  });
  let served: ServerResponse | undefined;
  (api.app.getHttpServer() as Server).once('request', (_request: IncomingMessage, response: ServerResponse) => (served = response));
  const headers = { authorization: `Bearer ${await api.token('owner')}` };
  const client = request(`${api.url}${EXPORT}`, { headers });
  const response = await new Promise<IncomingMessage>((resolve) => client.once('response', resolve).end());
  response.pause();
  // The buffers between fill up; then nothing more is made until somebody reads.
  while (!served?.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve));
  const before = made;
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(served.writableNeedDrain ? made : before).toBe(before);
  expect(served.listenerCount('close')).toBeLessThan(10);
  response.destroy();
  await end;
});
