import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEgressGuard, guardedFetch } from '@smartant/platform/egress';
import type { LogQuery } from '../../application/ports/log-store';
import { QueryClient } from '../query-client/query-client';
import { ElasticsearchLogStore } from './elasticsearch-log-store';
import { LokiLogStore } from './loki-log-store';

// What is asked, and answers that real servers rarely give; opensearch-log-store.spec.ts meets a real OpenSearch. Loki (AGPL) is met nowhere in tests:
// here it answers as its documentation says.
interface Asked {
  method: string;
  url: URL;
  headers: IncomingMessage['headers'];
  body: string;
}
let asked: Asked[] = [];
let answer: { status: number; body: unknown | ((url: URL) => unknown); headers?: Record<string, string> } = { status: 200, body: {} };
let server: Server;
let baseUrl: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://store');
      asked.push({ method: request.method ?? '', url, headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(JSON.stringify(typeof answer.body === 'function' ? answer.body(url) : answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/store`;
});
beforeEach(() => {
  asked = [];
});
afterAll(() => server.close());

const never = new AbortController().signal;
const guard = (allowLoopback: boolean) => createEgressGuard({ allowLoopback, allow: [], deny: [] });
const client = (allowLoopback = true) =>
  new QueryClient({
    baseUrl,
    fetch: guardedFetch(guard(allowLoopback)),
    authorization: 'Bearer canary-7f',
    headers: { 'x-scope-orgid': 'ops' },
    failure: { code: 'LOG_STORE_UNAVAILABLE', store: 'The store' },
  });

const query: LogQuery = {
  terms: ['lease "lost" {x} | y', 'a.b*'],
  since: new Date('2026-11-29T10:00:00Z'),
  until: new Date('2026-11-29T11:00:00Z'),
  migrationId: 'mig_1',
  level: 'error',
};
const source = { time: '2026-11-29T10:30:00.000Z', level: 'error', service: 'scheduler', migrationId: 'mig_1', msg: 'the lease "lost" {x} | y of a.b*', err: { code: 'A_CODE' } };

describe('ElasticsearchLogStore', () => {
  const id = (_id: string) => ({ _index: 'smartant-1', _id });
  const search = (more: Partial<LogQuery> = {}) => new ElasticsearchLogStore(client(), 'smartant-*').search({ ...query, ...more }, 10, never);

  it('asks in the query language, in which what users type is a value', async () => {
    answer = { status: 200, body: { hits: { hits: [{ ...id('1'), _source: { ...source, kubernetes: { pod_name: 'pod-7' } } }] } } };
    expect(await search()).toMatchObject([{ message: source.msg, host: 'pod-7', code: 'A_CODE', level: 'error' }]);
    expect(asked[0]).toMatchObject({ method: 'POST', headers: { authorization: 'Bearer canary-7f', 'content-type': 'application/json' } });
    expect(asked[0]?.url.pathname).toBe('/store/smartant-*/_search');
    const body = JSON.parse(asked[0]?.body ?? '');
    expect(body).toMatchObject({ size: 10, sort: [{ time: { order: 'desc' } }] });
    const filters = body.query.bool.filter as object[];
    expect(filters).toContainEqual({ range: { time: { gte: '2026-11-29T10:00:00.000Z', lte: '2026-11-29T11:00:00.000Z' } } });
    expect(JSON.stringify(filters)).toContain(JSON.stringify({ query: 'lease "lost" {x} | y' }).slice(1, -1));
    expect(JSON.stringify(filters)).toContain('{"terms":{"migrationId.keyword":["mig_1"]}}');
    expect(JSON.stringify(body)).not.toContain('query_string');
  });

  it('shows no line of another migration, whatever the store answers', async () => {
    answer = { status: 200, body: { hits: { hits: [{ ...id('1'), _source: { ...source, migrationId: 'mig_2' } }, { ...id('2'), _source: { msg: 'not ours' } }] } } };
    expect(await search()).toEqual([]);
  });

  it('takes an index that is not there yet for an empty one', async () => {
    answer = { status: 404, body: { error: { type: 'index_not_found_exception' } } };
    expect(await search()).toEqual([]);
  });

  it.each([
    ['a refusal', { status: 401, body: { error: 'canary-answer' } }],
    ['a way elsewhere', { status: 302, body: {}, headers: { location: 'http://169.254.169.254/' } }],
    ['an answer of another kind', { status: 200, body: { hits: 7 } }],
  ])('does not repeat %s', async (_name, next) => {
    answer = next;
    const error = await search().catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: 'LOG_STORE_UNAVAILABLE', retryable: true, message: expect.not.stringContaining('canary') });
  });

  it('goes nowhere that egress rules refuse', async () => {
    const store = new ElasticsearchLogStore(client(false), 'smartant-*');
    await expect(store.search(query, 1, never)).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
    expect(asked).toEqual([]);
  });
});

describe('LokiLogStore', () => {
  const search = () => new LokiLogStore(client(), '{namespace="smartant"}').search(query, 10, never);

  it('asks in LogQL, with every word quoted for Go and for RE2', async () => {
    const stream = { pod: 'pod-8' };
    const values = [[`${Date.parse(source.time)}000000`, JSON.stringify(source)]];
    answer = { status: 200, body: { status: 'success', data: { resultType: 'streams', result: [{ stream, values }] } } };
    expect(await search()).toMatchObject([{ message: source.msg, host: 'pod-8', migrationId: 'mig_1' }]);
    const { url, headers } = asked[0]!;
    expect(url.pathname).toBe('/store/loki/api/v1/query_range');
    expect(headers['x-scope-orgid']).toBe('ops');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      query:
        String.raw`{namespace="smartant"} |= "mig_1" |~ "(?i)lease \\\\\"lost\\\\\" \\{x\\} \\| y" |~ "(?i)a\\.b\\*" | json | __error__ = "" | migrationId = "mig_1" | level =~ "error|fatal"`,
      start: `${query.since.getTime()}000000`,
      end: `${query.until.getTime() + 1}000000`,
      limit: '10',
      direction: 'backward',
    });
  });

  /** Answers as Loki does, which takes no range of more than 721 hours: the newest of it, as many as were asked for. */
  function holds(entries: { at: number; line: object | string }[]): void {
    const all = entries.map(({ at, line }) => [`${at}000000`, typeof line === 'string' ? line : JSON.stringify(line)] as const);
    const newest = all.toSorted(([one], [other]) => Number(BigInt(other) - BigInt(one)));
    const body = ({ searchParams }: URL) => {
      const [start, end] = [BigInt(searchParams.get('start') ?? ''), BigInt(searchParams.get('end') ?? '')];
      if (end <= start || end - start > 721n * 3_600_000_000_000n) return { status: 'error' };
      const values = newest.filter(([at]) => BigInt(at) >= start && BigInt(at) < end).slice(0, Number(searchParams.get('limit')));
      return { status: 'success', data: { resultType: 'streams', result: [{ stream: {}, values }] } };
    };
    answer = { status: 200, body };
  }
  const since = new Date('2026-01-01T00:00:00Z');
  const all = { terms: [], since, until: new Date('2026-11-29T11:00:00Z') };
  const lineAt = (at: number, n = 0) => ({ at, line: { ...source, n, time: new Date(at).toISOString() } });
  const times = async (limit: number) =>
    (await new LokiLogStore(client(), '{namespace="smartant"}').search(all, limit, never)).map(({ at }) => Date.parse(at));

  it('looks behind the range that it takes at once', async () => {
    const days = [0, 29, 31, 200, 330].map((day) => since.getTime() + day * 86_400_000);
    holds(days.map((at) => lineAt(at)));
    expect(await times(10)).toEqual(days.toReversed());
    expect(await times(2)).toEqual(days.toReversed().slice(0, 2));
    asked = [];
    const store = new LokiLogStore(client(), '{namespace="smartant"}');
    expect(await store.search({ ...all, since: new Date(0) }, 10, never)).toHaveLength(5);
    expect(asked).toHaveLength(120);
  });

  it('looks behind lines of others, and says when there are too many', async () => {
    const end = all.until.getTime();
    const foreign = (count: number) => Array.from({ length: count }, (_, n) => ({ at: end - 1 - Math.floor(n / 50), line: `{"msg":"${n}"}` }));
    holds([...foreign(2_500), lineAt(end - 1_000), lineAt(end - 2_000)]);
    expect(await times(2)).toEqual([end - 1_000, end - 2_000]);
    holds([...foreign(30_000), lineAt(end - 5_000)]);
    await expect(times(2)).rejects.toMatchObject({ code: 'LOG_SEARCH_TOO_WIDE', retryable: false });
  });

  it('gives each line of one moment once', async () => {
    const at = all.until.getTime() - 5;
    holds([...Array.from({ length: 40 }, (_, n) => lineAt(at, n)), { at, line: 'others' }, lineAt(at - 1, 99)]);
    expect(await times(100)).toEqual([...Array.from({ length: 40 }, () => at), at - 1]);
    expect(await times(7)).toHaveLength(7);
  });
});
