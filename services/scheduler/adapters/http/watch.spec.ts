import { once, setMaxListeners } from 'node:events';
import { SmartantError } from '@smartant/kernel';
import type { WatchUpdate } from '../../application/use-cases';
import { EventStreams } from './answer/event-stream';
import { startApi, type RunningApi } from './fixtures/running-api';
import { sampleMigration } from './fixtures/sample-values';

let api: RunningApi;
let token: string;

beforeEach(async () => {
  api = await startApi();
  token = await api.token('viewer');
});
afterEach(() => api.close());

const WATCH = '/v1/workspaces/default/migrations/m/watch';
const update = (version: number): WatchUpdate => ({ migration: sampleMigration({ version }), bytesPerSecond: 1, objectsPerSecond: 0.5 });

/** A source that yields when told to, and says when it was left. */
class Source {
  private readonly wake = new EventTarget();
  private readonly queue: WatchUpdate[] = [];
  left = 0;

  constructor() {
    setMaxListeners(0, this.wake);
  }

  push(value: WatchUpdate): void {
    this.queue.push(value);
    this.wake.dispatchEvent(new Event('more'));
  }

  async *watch(signal: AbortSignal): AsyncGenerator<WatchUpdate> {
    let next = 0;
    try {
      while (!signal.aborted) {
        while (next < this.queue.length) yield this.queue[next++] as WatchUpdate;
        await Promise.race([once(this.wake, 'more', { signal }), once(signal, 'abort', {})]).catch(() => undefined);
      }
    } finally {
      this.left += 1;
    }
  }
}

async function open(signal?: AbortSignal) {
  const response = await fetch(`${api.url}${WATCH}`, { headers: { authorization: `Bearer ${token}` }, signal });
  const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    response,
    /** Reads until the text so far matches; fails when the stream ends before. */
    async until(pattern: RegExp): Promise<string> {
      while (!pattern.test(text)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`ended after: ${text}`);
        text += value;
      }
      return text;
    },
    async rest(): Promise<string> {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return text;
        text += value;
      }
    },
  };
}

async function eventually(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !condition();) {
    if (Date.now() > deadline) throw new Error('the condition did not come true');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('sends each update and ends when the migration is at rest', async () => {
  api.recorded.answer({
    migrations: {
      watch: async function* () {
        yield update(1);
        yield update(2);
      },
    },
  });
  const { response, rest } = await open();
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const frames = (await rest()).split('\n\n').filter((frame) => frame !== '');
  expect(frames.shift()).toBe('retry: 2000');
  expect(frames.map((frame) => frame.split('\n').slice(0, 2))).toEqual([
    ['event: update', 'id: 1'],
    ['event: update', 'id: 2'],
  ]);
  expect(JSON.parse(frames[1]?.split('data: ')[1] ?? '')).toEqual(update(2));
});

it('sends an update at once, not when the next one comes', async () => {
  const source = new Source();
  api.recorded.answer({ migrations: { watch: (_caller, _id, signal) => source.watch(signal) } });
  source.push(update(1));
  const stream = await open();
  await stream.until(/id: 1\n.*\n\n/);
  source.push(update(2));
  await stream.until(/id: 2\n.*\n\n/);
});

it('answers with a problem when there is nothing to watch', async () => {
  api.recorded.answer({
    migrations: {
      watch: async function* () {
        throw new SmartantError('MIGRATION_NOT_FOUND', 'There is no such migration.', { kind: 'not-found' });
      },
    },
  });
  expect(await api.call('GET', WATCH, { token })).toMatchObject({ status: 404, json: { code: 'MIGRATION_NOT_FOUND' } });
});

it('sends a later failure as an event', async () => {
  api.recorded.answer({
    migrations: {
      watch: async function* () {
        yield update(1);
        throw new SmartantError('DATABASE_UNAVAILABLE', 'Gone.', { kind: 'unavailable', retry: { kind: 'backoff' } });
      },
    },
  });
  expect(await (await open()).rest()).toMatch(/event: error\ndata: \{.*"code":"DATABASE_UNAVAILABLE".*"retryable":true/);
});

it('tells the source when the client leaves', async () => {
  const source = new Source();
  api.recorded.answer({ migrations: { watch: (_caller, _id, signal) => source.watch(signal) } });
  source.push(update(1));
  const controller = new AbortController();
  const stream = await open(controller.signal);
  await stream.until(/id: 1/);
  controller.abort();
  await eventually(() => source.left === 1 && api.app.get(EventStreams, { strict: false }).size === 0);
});

it('serves a few hundred watchers of one migration from one source, and lets go of them when the service stops', async () => {
  const source = new Source();
  api.recorded.answer({ migrations: { watch: (_caller, _id, signal) => source.watch(signal) } });
  source.push(update(1));
  const streams = await Promise.all(Array.from({ length: 300 }, () => open()));
  await Promise.all(streams.map((stream) => stream.until(/id: 1\n/)));
  source.push(update(2));
  await Promise.all(streams.map((stream) => stream.until(/id: 2\n/)));
  expect(api.app.get(EventStreams, { strict: false }).size).toBe(300);
  // With a stream still open, close() would wait for ever.
  await Promise.all([api.app.close(), ...streams.map((stream) => stream.rest())]);
  expect(api.recorded.calls.filter(({ name }) => name === 'migrations.watch')).toHaveLength(1);
  expect(source.left).toBe(1);
});

it('keeps a quiet connection alive', async () => {
  const streams = api.app.get(EventStreams, { strict: false });
  Object.assign(streams, { limits: { keepAliveMs: 5, stalledMs: 30_000 } });
  const source = new Source();
  api.recorded.answer({ migrations: { watch: (_caller, _id, signal) => source.watch(signal) } });
  source.push(update(1));
  await (await open()).until(/: keep-alive\n\n: keep-alive\n\n/);
});
