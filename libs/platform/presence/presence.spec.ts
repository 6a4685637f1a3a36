import { HealthRegistry } from '@smartant/platform/health';
import { histogram } from '@smartant/platform/metrics';
import { announcePresence } from './announce-presence';
import { hearPresence, type ServicePresence } from './hear-presence';
import { programVersion } from './program-version';
import { recentCalls } from './recent-calls';

/** A bus of one process. */
class Room {
  readonly heard: ServicePresence[] = [];
  private hear: (payload: object) => void = () => undefined;

  readonly broadcast = (_channel: string, payload: object): Promise<void> => {
    this.hear(JSON.parse(JSON.stringify(payload)) as object);
    return Promise.resolve();
  };
  readonly onBroadcast = (_channel: string, hear: (payload: object) => void) => {
    this.hear = hear;
    return Promise.resolve({ close: () => Promise.resolve() });
  };

  async until(count: number): Promise<ServicePresence[]> {
    while (this.heard.length < count) await new Promise(setImmediate);
    return this.heard;
  }
}

async function listening(): Promise<Room> {
  const room = new Room();
  await hearPresence(room, (presence) => room.heard.push(presence));
  return room;
}

it('tells that a process is there, how it is, and that it has ended', async () => {
  const [room, health, ends] = [await listening(), new HealthRegistry(), [] as (() => void | Promise<void>)[]];
  health.add('database', () => Promise.reject(new Error('is away')));
  health.addConcerns('event bus', () => ['is slow']);
  announcePresence({ bus: room, health, service: 'notifier', version: '1.2.3', onShutdown: (_name, end) => ends.push(end), everyMs: 5 });
  const [first, second] = await room.until(2);
  expect(first).toMatchObject({ service: 'notifier', version: '1.2.3', ready: false, ended: false });
  expect(first?.problems).toEqual(['database: is away', 'event bus: is slow']);
  expect(second?.instance).toBe(first?.instance);
  await ends[0]?.();
  expect(room.heard.at(-1)).toMatchObject({ instance: first?.instance, ended: true, ready: false });
});

it.each([
  ['nothing of it', {}],
  ['no service', { service: '' }],
  ['a time that is none', { startedAt: 'soon' }],
  ['calls that are no number', { callsPerMinute: 'many' }],
  ['a text without end', { host: 'h'.repeat(301) }],
  ['problems that are no list', { problems: 'bad' }],
])('passes over what says %s', async (_name, change) => {
  const room = await listening();
  const whole = { service: 's', instance: 'i', host: 'h', version: '', startedAt: '2026-01-02T03:04:05Z', ready: true, problems: [] };
  const payload = Object.keys(change).length === 0 ? {} : { ...whole, callsPerMinute: 0, ended: false, ...change };
  await room.broadcast('', payload);
  expect(room.heard).toEqual([]);
  await room.broadcast('', { ...whole, callsPerMinute: 3, ended: false, problems: [1, 'x'.repeat(400)] });
  expect(room.heard).toMatchObject([{ problems: ['x'.repeat(300)] }]);
});

it('counts the calls of the last minute', async () => {
  const calls = histogram('smartant_rpc_server_duration_seconds', 'Time to answer an RPC, by method and status.', ['method', 'code']);
  let nowMs = 0;
  const recent = recentCalls(() => nowMs);
  expect(await recent()).toBe(0);
  for (let index = 0; index < 6; index += 1) calls.observe({ method: 'm', code: 'OK' }, 0.1);
  nowMs = 30_000;
  expect(await recent()).toBe(12);
  nowMs = 90_000;
  expect(await recent()).toBe(0);
});

it('knows the version of the program, or that a deployment gives it', () => {
  expect(programVersion({ SMARTANT_VERSION: '2.0.0-canary' }, '/nowhere/dist/main.js')).toBe('2.0.0-canary');
  expect(programVersion({}, `${process.cwd()}/services/notifier/dist/main.js`)).toMatch(/^\d+\.\d+\.\d+$/);
  expect(programVersion({}, '/nowhere/dist/main.js')).toBe('');
});
