import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { leaseLost } from '../watcher-errors';
import { KubeClient } from './kube-client';
import { ListAndWatch, type StreamListener } from './list-and-watch';
import type { KubernetesObject } from './kubernetes-objects';

/** A server that answers as a hostile or overloaded one may; how the real one does is tried in e2e/mesh/watchers.mesh.ts. */
type Answer = (response: ServerResponse, query: URLSearchParams) => void;

const object = (name: string, version: string) => ({ metadata: { name, resourceVersion: version } });
const page =
  (names: string[], version: string, next?: string): Answer =>
  (response) =>
    void response.end(
      JSON.stringify({
        metadata: { resourceVersion: version, ...(next && { continue: next }) },
        items: names.map((name) => object(name, '1')),
      }),
    );
const lines =
  (...said: object[]): Answer =>
  (response) =>
    void response.end(said.map((line) => `${JSON.stringify(line)}\n`).join(''));
const refusal =
  (status: number, body: object = {}, headers = {}): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(JSON.stringify({ code: status, ...body }));
const EXPIRED = { type: 'ERROR', object: { code: 410, reason: 'Expired', message: 'too old resource version' } };

describe('a list and its watch', () => {
  let server: Server;
  let answers: Answer[];
  let asked: string[];
  let heard: string[];
  let failures: string[];
  let ending: AbortController;

  beforeEach(async () => {
    [answers, asked, heard, failures, ending] = [[], [], [], [], new AbortController()];
    server = createServer((request: IncomingMessage, response) => {
      const { searchParams } = new URL(request.url!, 'http://x');
      asked.push(
        searchParams.has('watch')
          ? `watch ${searchParams.get('resourceVersion')}`
          : `list ${searchParams.get('limit') ?? 'all'} ${searchParams.get('continue') ?? ''}`.trim(),
      );
      const answer = answers.shift();
      if (answer) answer(response, searchParams);
      else ending.abort();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Until the server has nothing more to say. */
  async function run(from: string | null = null, more: Partial<StreamListener<KubernetesObject>> = {}): Promise<void> {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new KubeClient({ getCurrentCluster: () => ({ server: url }), applyToHTTPSOptions: () => Promise.resolve() });
    const listener: StreamListener<KubernetesObject> = {
      resumeFrom: () => Promise.resolve(from),
      listBegins: async () => void heard.push('begins'),
      listed: async (objects) => void heard.push(...objects.map(({ metadata }) => metadata.name)),
      listEnds: async (version) => void heard.push(`ends ${version}`),
      changed: async (changes, version) =>
        void heard.push(...changes.map(({ type, object: { metadata } }) => `${type} ${metadata.name}`), `at ${version}`),
      ...more,
    };
    const news = { connected: () => undefined, failed: ({ code }: { code: string }) => void failures.push(code) };
    await new ListAndWatch(client, { path: '/things' }, listener, news, { watchSeconds: 5, backoffMs: 1, maxBackoffMs: 4 }).run(
      ending.signal,
    );
  }

  it('reads all pages, follows from their version, and goes on after the server’s own end of a watch', async () => {
    answers = [
      page(['a'], '5', 'next'),
      page(['b'], '5'),
      lines({ type: 'ADDED', object: object('c', '6') }, { type: 'BOOKMARK', object: object('', '9') }),
    ];
    await run();
    expect(heard).toEqual(['begins', 'a', 'b', 'ends 5', 'ADDED c', 'BOOKMARK ', 'at 9']);
    expect(asked).toEqual(['list 250', 'list 250 next', 'watch 5', 'watch 9']);
  });

  it('goes on from a stored version without a list, and lists when it has expired, by a status or in the middle', async () => {
    answers = [refusal(410), page(['a'], '20'), lines({ type: 'MODIFIED', object: object('a', '21') }, EXPIRED), page([], '30')];
    await run('10');
    expect(asked).toEqual(['watch 10', 'list 250', 'watch 20', 'list 250', 'watch 30']);
    expect(heard).toEqual(['begins', 'a', 'ends 20', 'MODIFIED a', 'at 21', 'begins', 'ends 30']);
  });

  it('lists anew when its version is of a future that a restore has taken back', async () => {
    answers = [refusal(504, { details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } }), page([], '3')];
    await run('999');
    expect(asked).toEqual(['watch 999', 'list 250', 'watch 3']);
  });

  it('asks for all in one piece when the pages expire again and again', async () => {
    answers = [page(['a'], '5', 'x'), refusal(410), page(['a'], '6', 'y'), refusal(410), page(['a', 'b'], '7')];
    await run();
    expect(asked).toEqual(['list 250', 'list 250 x', 'list 250', 'list 250 y', 'list all', 'watch 7']);
    expect(heard.slice(-4)).toEqual(['begins', 'a', 'b', 'ends 7']);
  });

  it('tries again what is refused, cut, no JSON or too much', async () => {
    answers = [
      refusal(403, { message: 'forbidden' }),
      refusal(429, {}, { 'retry-after': '0' }),
      (response) => void response.end('<html>'),
      (response) => void response.destroy(),
      page([], '5'),
      (response) => void response.end('{"type":'),
    ];
    await run();
    expect(failures.slice(0, 4)).toEqual([
      'KUBERNETES_FORBIDDEN',
      'KUBERNETES_REFUSED',
      'KUBERNETES_UNREACHABLE',
      'KUBERNETES_UNREACHABLE',
    ]);
    expect(asked.slice(-2)).toEqual(['watch 5', 'watch 5']);
  });

  it('brings a change again whose listener failed, also beside letters that were cut in two', async () => {
    const line = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: object('ä😀', '6') })}\n`);
    const halves: Answer = (response) => {
      const middle = line.indexOf(Buffer.from('😀')) + 2;
      response.write(line.subarray(0, middle), () => setImmediate(() => response.end(line.subarray(middle))));
    };
    answers = [page([], '5'), halves, halves];
    let tries = 0;
    await run(null, {
      changed: async ([change], version) => {
        tries += 1;
        if (tries === 1) throw new Error('the database is away');
        heard.push(`${change!.object.metadata.name} at ${version}`);
      },
    });
    expect(heard).toEqual(['begins', 'ends 5', 'ä😀 at 6']);
    expect(asked).toEqual(['list 250', 'watch 5', 'watch 5', 'watch 6']);
  });

  it('ends when the lead is lost', async () => {
    answers = [page([], '5')];
    await expect(run(null, { listEnds: () => Promise.reject(leaseLost()) })).rejects.toMatchObject({ code: 'WATCHER_LEASE_LOST' });
  });
});
