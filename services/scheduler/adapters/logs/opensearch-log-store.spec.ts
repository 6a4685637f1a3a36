import { readFileSync } from 'node:fs';
import { createServer, request as send, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createEgressGuard, guardedFetch } from '@smartant/platform/egress';
import { describeIf, startOpensearch, whyNoOpensearch, type TestOpensearch } from '@smartant/test-servers';
import { LogService } from '../../application/logs/log-service';
import type { LogFilter } from '../../application/logs/log-use-cases';
import type { LogLine } from '../../application/ports/log-store';
import { QueryClient } from '../query-client/query-client';
import { ElasticsearchLogStore } from './elasticsearch-log-store';
import { asFilebeat, asFluentBit, loggedLine, shipTo } from './testkit/shipped-lines';

const never = new AbortController().signal;
const template = readFileSync(join(__dirname, '../../../../observability/logs/index-template.json'), 'utf8');
const fetchInside = guardedFetch(createEgressGuard({ allowLoopback: true, allow: [], deny: [] }));
const admin = { userId: 'usr_1', workspaceId: 'ws_1', role: 'admin' } as never;

describeIf(whyNoOpensearch(), 'logs in OpenSearch', () => {
  let server: TestOpensearch;
  beforeAll(async () => {
    server = await startOpensearch();
    await shipTo(server.url).put('/_index_template/smartant', template);
  });
  afterAll(() => server?.stop());

  const storeAt = (index: string, baseUrl = server.url, authorization?: string): ElasticsearchLogStore => {
    const failure = { code: 'LOG_STORE_UNAVAILABLE', store: 'Elasticsearch' };
    return new ElasticsearchLogStore(new QueryClient({ baseUrl, fetch: fetchInside, failure, authorization }), index);
  };
  /** As the API asks, page after page. */
  async function found(index: string, filter: LogFilter & { migrationId?: string }, pageSize = 50): Promise<LogLine[]> {
    const service = new LogService({ unitOfWork: undefined as never, levels: undefined as never, store: storeAt(index) });
    const all: LogLine[] = [];
    let pageToken: string | undefined;
    do {
      const page = await service.ofPlatform(admin, { since: '2026-11-01T00:00:00Z', until: '2026-12-31T00:00:00Z', ...filter }, { pageSize, pageToken }, never);
      all.push(...page.items);
      pageToken = page.nextPageToken ?? undefined;
    } while (pageToken !== undefined);
    return all;
  }
  const messages = async (...asked: Parameters<typeof found>): Promise<string[]> => (await found(...asked)).map(({ message }) => message);

  const at = (second: number, ms = 0): string => new Date(Date.UTC(2026, 10, 29, 10, 0, second, ms)).toISOString();
  const failed = Object.assign(new Error('the copy failed'), { code: 'S3_SLOW', cause: new Error('connect ETIMEDOUT 10.0.0.7:443') });
  const lines = [
    loggedLine('scheduler', 'info', at(1), { method: 'GET', path: '/v1/runs', status: 503, migrationId: 'mig_1' }, 'request served'),
    loggedLine('storage-migrator', 'info', at(2), { runId: 'run_1', status: 'succeeded', migrationId: 'mig_1' }, 'run ended'),
    loggedLine('storage-migrator', 'warn', at(3), { err: failed, migrationId: 'mig_1', trace_id: 'a'.repeat(32) }, 'unit failed'),
    loggedLine('scheduler', 'error', at(4), { migrationId: 'mig_2' }, 'The lease "lost" {x} | y was a.b*c'),
    loggedLine('scheduler', 'debug', at(5), { migrationId: 'mig_2' }, 'the lease, lost: *** 租约丢失'),
    loggedLine('notifier', 'fatal', at(6), { 'smartant.key': 'photos/2026/a b.jpg' }, 'leases are gone'),
  ];

  describe.each([
    ['Fluent Bit, with our template', 'smartant-fluent', asFluentBit],
    ['Filebeat, with our template', 'smartant-beats', asFilebeat],
    ['Fluent Bit, with a mapping that made itself', 'elsewhere', asFluentBit],
  ])('shipped by %s', (_name, index, form) => {
    beforeAll(async () => {
      // What a mapping that makes itself does with the second form of a field is told below.
      const kept = index === 'elsewhere' ? lines.filter((_, place) => place !== 1) : lines;
      expect(await shipTo(server.url).lines(`${index}-2026.11.29`, kept.map(form))).toEqual([]);
    });

    it.each<[string, string[]]>([
      ['LEASE', ['leases are gone', 'the lease, lost: *** 租约丢失', 'The lease "lost" {x} | y was a.b*c']],
      ['"the lease"', ['the lease, lost: *** 租约丢失', 'The lease "lost" {x} | y was a.b*c']],
      ['leases', ['leases are gone']],
      ['a.b*', ['The lease "lost" {x} | y was a.b*c']],
      ['{x} | y', ['The lease "lost" {x} | y was a.b*c']],
      ['***', ['the lease, lost: *** 租约丢失']],
      ['租约', ['the lease, lost: *** 租约丢失']],
      ['etimedout', ['unit failed']],
      ['S3_SLOW', ['unit failed']],
      ['503', ['request served']],
      ['"photos/2026/a b.jpg"', ['leases are gone']],
      ['a.b** OR msg:*', []],
    ])('finds %s', async (q, expected) => {
      expect(await messages(`${index}-*`, { q })).toEqual(expected);
    });

    it('narrows by service, level, host, trace, migration and time, both ends included', async () => {
      const of = (filter: LogFilter & { migrationId?: string }) => messages(`${index}-*`, filter);
      expect(await of({ service: 'notifier' })).toEqual(['leases are gone']);
      expect(await of({ level: 'error' })).toEqual(['leases are gone', 'The lease "lost" {x} | y was a.b*c']);
      expect(await of({ traceId: 'a'.repeat(32) })).toEqual(['unit failed']);
      expect(await of({ migrationId: 'mig_2', level: 'info' })).toEqual(['The lease "lost" {x} | y was a.b*c']);
      expect(await of({ host: 'scheduler-7c9', service: 'scheduler', level: 'info' })).toHaveLength(2);
      expect(await of({ since: at(3), until: at(4) })).toEqual(['The lease "lost" {x} | y was a.b*c', 'unit failed']);
      expect(await of({ host: 'no-such-pod' })).toEqual([]);
    });
  });

  it('refuses no line for the form of a field where our template is, and would without', async () => {
    const twofold = [
      loggedLine('scheduler', 'info', at(1), { status: 503 }, 'a number'),
      loggedLine('scheduler', 'info', at(2), { status: 'succeeded' }, 'a text'),
      loggedLine('scheduler', 'warn', at(3), { err: Object.assign(new Error('e'), { details: { reason: 'x' } }) }, 'fields'),
      loggedLine('scheduler', 'warn', at(4), { err: Object.assign(new Error('e'), { details: 'plain' }) }, 'no fields'),
    ].map(asFluentBit);
    const ship = shipTo(server.url);
    expect(await ship.lines('smartant-twofold-2026.11.29', twofold)).toEqual([]);
    expect(await messages('smartant-twofold-*', { q: 'succeeded' })).toEqual(['a text']);
    expect(await ship.lines('unmapped-2026.11.29', twofold)).toHaveLength(2);
  });

  it('pages through lines of the same millisecond, over two days, none lost and none twice', async () => {
    const many = Array.from({ length: 137 }, (_, n) => loggedLine('scheduler', 'info', at(n < 70 ? 1 : 2, n % 3), { n }, `line ${n}`));
    const ship = shipTo(server.url);
    await ship.lines('smartant-paged-2026.11.28', many.slice(0, 60).map(asFluentBit));
    await ship.lines('smartant-paged-2026.11.29', many.slice(60).map(asFluentBit));
    for (const size of [7, 200]) {
      const all = await found('smartant-paged-*', {}, size);
      expect(all.map(({ fields }) => fields['n']).sort((a, b) => Number(a) - Number(b))).toEqual(many.map((_, n) => n));
      expect(all.map(({ at: time }) => time)).toEqual(all.map(({ at: time }) => time).sort().reverse());
    }
  });

  it('looks on behind lines that have the words but not the signs, and says when there are too many', async () => {
    const ship = shipTo(server.url);
    // Short, for there are many.
    const shape = { level: 'info', service: 'scheduler', msg: 'key a-b.' };
    const near = (count: number) => Array.from({ length: count }, (_, n) => ({ ...shape, n, time: at(10, n % 900) }));
    const exact = loggedLine('scheduler', 'info', at(9), {}, 'key a+b');
    await ship.lines('smartant-near-2026.11.29', [asFluentBit(exact), ...near(2_300)]);
    expect(await messages('smartant-near-*', { q: '"key a+b"' })).toEqual(['key a+b']);
    await ship.lines('smartant-near-2026.11.30', near(20_000));
    await expect(found('smartant-near-*', { q: '"key a+b"' })).rejects.toMatchObject({ code: 'LOG_SEARCH_TOO_WIDE', retryable: false });
    expect(await found('smartant-near-*', { q: 'key', until: at(10) })).not.toEqual([]);
  });

  it('takes names and lists of them, and what is not there for empty', async () => {
    expect(await messages('smartant-fluent-*,nothing-*', { service: 'notifier' })).toEqual(['leases are gone']);
    expect(await found('nothing-2026.11.29', {})).toEqual([]);
    expect(await found('nothing-*', {})).toEqual([]);
  });

  it('gives no part of an answer for the whole', async () => {
    const ship = shipTo(server.url);
    await ship.put('/strange-2026.11.29', JSON.stringify({ mappings: { properties: { time: { type: 'text' } } } }));
    await ship.lines('strange-2026.11.29', lines.slice(0, 1).map(asFluentBit));
    await expect(found('smartant-fluent-*,strange-*', {})).rejects.toMatchObject({ code: 'LOG_STORE_UNAVAILABLE' });
  });

  describe('behind a door', () => {
    const wanted = `Basic ${Buffer.from('smartant:canary-7f').toString('base64')}`;
    let door: Server;
    let url: string;
    beforeAll(async () => {
      door = createServer((incoming, outgoing) => {
        if (incoming.headers.authorization !== wanted) return void outgoing.writeHead(401, { 'www-authenticate': 'Basic' }).end('canary-answer');
        const passed = send(`${server.url}${incoming.url}`, { method: incoming.method, headers: incoming.headers }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        });
        incoming.pipe(passed);
      });
      await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
    });
    afterAll(() => door.close());

    const search = (authorization?: string, baseUrl = url) => storeAt('smartant-fluent-*', baseUrl, authorization).search(all, 10, never);
    const all = { terms: [], since: new Date(0), until: new Date('2027-01-01') };

    it('shows what it has with the right name, and says that it was refused without', async () => {
      expect(await search(wanted)).toHaveLength(lines.length);
      for (const wrong of [undefined, 'Basic d3Jvbmc6d3Jvbmc=']) {
        const error = await search(wrong).catch((thrown: Error) => thrown);
        expect(error).toMatchObject({ code: 'LOG_STORE_UNAVAILABLE', message: expect.stringContaining('401') });
        expect(String(error)).not.toContain('canary');
      }
    });

    it('says that it is away', async () => {
      await expect(search(wanted, 'http://127.0.0.1:9')).rejects.toMatchObject({ code: 'LOG_STORE_UNAVAILABLE', retryable: true });
    });
  });
});
