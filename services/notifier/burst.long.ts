import { setTimeout as pause } from 'node:timers/promises';
import { createEgressGuard } from '@smartant/platform/egress';
import { freePort } from '@smartant/test-servers';
import { createChannelTypes } from './channels/channel-types';
import { CountingProvider, ROBOT_PER_MINUTE } from './testkit/counting-provider';
import { NotifierChild } from './testkit/notifier-child';
import { DOUBT_MS_OF_TESTS, NotifierRig, putChannel } from './testkit/notifier-rig';

const ALERTS = 100_000;
const POSTED = 1_000;
const POSTERS = 4;
const SERVICES = 30;
const KILLS = 10;
const SLOTS_OF_A_PROCESS = 4;
/**
 * A process holds bodies that come in, one page of a group (500 alerts) and what it sends: never the burst, which is several times this. Its
 * heap has no more room than this; the resident set holds the program and what the collector has not come round to besides.
 */
const HEAP_MIB = 160;
const PEAK_BYTES = 400 * 1024 * 1024;
const TOKEN = 'token-of-the-burst';

/** Random moments, on purpose: some while it starts, the later ones while it sends. */
const moments = Array.from({ length: KILLS }, (_unused, index) => Math.round(300 + Math.random() * (index < KILLS / 2 ? 5_000 : 10_000)));

describe(`a burst of ${ALERTS} alerts through a notifier that is killed ${KILLS} times`, () => {
  let rig: NotifierRig;
  let child: NotifierChild;
  let port: number;
  const provider = new CountingProvider({ throttleEvery: 4, answerMs: 200 });

  beforeAll(async () => {
    rig = await NotifierRig.start();
    port = await freePort();
    child = new NotifierChild({ url: rig.url, intake: { port, token: TOKEN }, leaseMs: 30_000 }, HEAP_MIB);
    const url = await provider.listen();
    const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: [], ours: [] });
    const { useCases } = rig.compose({ kinds: createChannelTypes({ guard }) });
    const hook = { url: `${url}/hook`, signingKey: 'of-this-suite-alone' };
    await useCases.channels.put(putChannel({ name: 'hook', type: 'webhook', settings: {}, secrets: hook }));
    await useCases.channels.put(putChannel({ name: 'robot', type: 'feishu-robot', settings: {}, secrets: { url: `${url}/robot` } }));
    const route = { name: 'all', channels: ['hook', 'robot'], groupBy: ['service'], groupWait: '5s', groupInterval: '45s' };
    await useCases.routing.put('ws_1', 0, { route }, 'ann');
  });
  afterAll(async () => {
    await child?.kill();
    await provider.close();
    await rig?.stop();
  });

  const alertOf = (index: number) => ({
    status: 'firing',
    labels: { alertname: 'DiskFull', severity: 'warning', service: `service-${index % SERVICES}`, instance: `host-${index}` },
    annotations: { summary: `The disk of host-${index} is full.` },
    startsAt: '2026-11-29T10:00:00Z',
  });

  /** As Alertmanager does: until it is accepted. */
  const post = async (from: number): Promise<void> => {
    const alerts = Array.from({ length: POSTED }, (_unused, index) => alertOf(from + index));
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` };
    const request = { method: 'POST', headers, body: JSON.stringify({ version: '4', alerts }) };
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/intake/alertmanager?workspace=ws_1`, request).catch(() => null);
      if (answer?.status === 202) return;
      if (answer && answer.status < 500) throw new Error(`the intake refused it: ${answer.status} ${await answer.text()}`);
      await pause(200);
    }
  };

  const postAll = async () => {
    const waiting = Array.from({ length: ALERTS / POSTED }, (_unused, index) => index * POSTED);
    const poster = async () => {
      for (let from = waiting.shift(); from !== undefined; from = waiting.shift()) await post(from);
    };
    await Promise.all(Array.from({ length: POSTERS }, poster));
  };

  const count = async (sql: string) =>
    Number((await rig.database.query<{ count: string }>(`SELECT count(*) AS count FROM ${sql}`))[0]!.count);
  const open = async () =>
    (await count('alert WHERE route_due')) +
    (await count('alert_group_member WHERE pending')) +
    (await count(`delivery WHERE state = 'pending'`));

  it('tells each of them, once but for what was in flight, within its quotas and in bounded memory', async () => {
    const startedMs = performance.now();
    const posted = postAll();
    for (const momentMs of moments) {
      const started = child.start().catch(() => undefined);
      await pause(momentMs);
      await child.kill();
      await started;
    }
    await child.start();
    await posted;
    const postedMs = performance.now() - startedMs;
    while ((await open()) > 0) await pause(250);
    await child.kill();

    const told = Map.groupBy(provider.hooks, ({ json }) => String(json['id']));
    const sum = [...told.values()].reduce((total, [first]) => total + Number(first!.json['alertCount']), 0);
    const lost = await count(`delivery_attempt WHERE error_code = 'NOTIFY_SENDER_LOST'`);
    const doubled = [...told.values()].filter(({ length }) => length > 1);
    const robots = await count(`delivery AS d JOIN channel AS c ON c.id = d.channel_id WHERE c.type = 'feishu-robot'`);
    const facts = { moments, messages: told.size, lost, doubled: doubled.length, robots, asked: provider.robots.length };
    const errors = await rig.database.query(
      'SELECT error_code AS code, count(*)::int AS count FROM delivery_attempt GROUP BY 1 ORDER BY 1',
    );
    const figures = {
      errors,
      ...facts,
      postedMs,
      toldMs: performance.now() - startedMs,
      throttled: provider.throttled,
      mostInAMinute: provider.mostInAMinute(),
      peakMiB: child.peakBytes >> 20,
    };
    console.log(JSON.stringify(figures));

    // None is lost, none is told by two messages.
    expect(await count('alert')).toBe(ALERTS);
    expect(sum).toBe(ALERTS);
    expect(await count(`alert_group_member WHERE told = 'firing'`)).toBe(ALERTS);
    expect(await count(`delivery WHERE state <> 'delivered'`)).toBe(0);
    expect(await count('delivery')).toBe(told.size + robots);
    // They are told in groups: some messages for each service, not one for each alert.
    expect(told.size).toBeLessThan(SERVICES * (KILLS + 3));
    // What came twice was in flight at a kill, and came again after the window.
    expect(lost).toBeLessThanOrEqual(KILLS * SLOTS_OF_A_PROCESS);
    expect(doubled.length).toBeLessThanOrEqual(lost);
    for (const [first, second] of doubled) expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(DOUBT_MS_OF_TESTS);
    expect(provider.robots.length - robots).toBeGreaterThanOrEqual(0);
    expect(provider.robots.length - robots).toBeLessThanOrEqual(lost);
    // The provider that throttles was heard, the one whose quota is known was never asked for more.
    expect(provider.throttled.hook).toBeGreaterThan(0);
    expect(provider.throttled.robot).toBe(0);
    expect(provider.mostInAMinute()).toBeLessThanOrEqual(ROBOT_PER_MINUTE);
    expect(child.peakBytes).toBeLessThan(PEAK_BYTES);
  }, 1_200_000);
});
