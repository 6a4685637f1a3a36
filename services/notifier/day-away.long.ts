import { createEgressGuard } from '@smartant/platform/egress';
import { createChannelTypes } from './channels/channel-types';
import type { Notifier } from './compose-notifier';
import { CountingProvider, ROBOT_PER_MINUTE } from './testkit/counting-provider';
import { MovedClock } from './testkit/moved-clock';
import { NotifierChild } from './testkit/notifier-child';
import { NotifierRig, putChannel, report, until } from './testkit/notifier-rig';

const HOURS = 24;
/** A delivery waits for a quarter of an hour at most. */
const STEP_MINUTES = 15;
const STEPS_AN_HOUR = 60 / STEP_MINUTES;
/** The notifier is killed, and started again, at these hours. */
const KILLED_AT = [3, 11, 23];
const EARLY = 4;
const LATE = 120;

/** Everything is due by the database's clock, which is moved through the day a quarter of an hour at a time. */
describe('a provider that is down for a day', () => {
  let rig: NotifierRig;
  let clock: MovedClock;
  let notifier: Notifier;
  let child: NotifierChild;
  let provider: CountingProvider;

  beforeAll(async () => {
    rig = await NotifierRig.start();
    clock = await MovedClock.in(rig.database, rig.url);
    provider = new CountingProvider({ nowMs: () => clock.nowMs() });
    const url = await provider.listen();
    const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: [], ours: [] });
    notifier = rig.compose({ kinds: createChannelTypes({ guard }) });
    const { channels, routing } = notifier.useCases;
    const hook = (path: string) => ({
      type: 'webhook',
      settings: {},
      secrets: { url: `${url}/${path}`, signingKey: 'of-this-suite-alone' },
    });
    const spare = await channels.put(putChannel({ name: 'spare', ...hook('spare') }));
    await channels.put(putChannel({ name: 'backed', ...hook('hook'), fallbackChannelId: spare.id }));
    await channels.put(putChannel({ name: 'robot', type: 'feishu-robot', settings: {}, secrets: { url: `${url}/robot` } }));
    const root = { name: 'all', channels: ['robot'], groupBy: ['...'], groupWait: '0s', repeatInterval: '60d' };
    const routes = [{ name: 'backed', matchers: ['way=backed'], channels: ['backed'] }];
    await routing.put('ws_1', 0, { route: { ...root, routes } }, 'ann');
    child = new NotifierChild({ url: clock.url });
    await child.start();
  });
  afterAll(async () => {
    await child?.kill();
    await provider.close();
    await rig?.stop();
  });

  const sql = <T>(text: string) => rig.database.query<T>(text);
  const states = async (type: string) => {
    const rows = await sql<{ state: string; count: number }>(
      `SELECT d.state, count(*)::int AS count FROM delivery AS d JOIN channel AS c ON c.id = d.channel_id WHERE c.name = '${type}' GROUP BY d.state`,
    );
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  };
  /** By its own clock nothing is due: what can be tried now was tried, or its channel has no quota left for it. */
  const settled = () =>
    until(async () => {
      const now = `pg_catalog.clock_timestamp() + (SELECT ahead FROM notifier.moved_clock)`;
      const due = `SELECT 1 FROM alert WHERE route_due UNION ALL SELECT 1 FROM alert_group WHERE due_at <= ${now}
        UNION ALL SELECT 1 FROM delivery AS d LEFT JOIN quota_bucket AS q USING (channel_id)
        WHERE d.state = 'pending' AND (d.lease IS NOT NULL OR greatest(d.next_attempt_at, q.ready_at) <= ${now})`;
      return (await sql(`${due} LIMIT 1`)).length === 0;
    });
  const tell = (way: string, count: number, from = 0) =>
    notifier.intake.report(
      Array.from({ length: count }, (_unused, index) => report({ name: `away-${from + index}`, labels: { way, item: `${from + index}` } })),
    );

  it('gets all of it afterwards, once, within its quota; nothing expires, and what has another way takes it', async () => {
    provider.away = true;
    await tell('robot', EARLY);
    await tell('backed', EARLY);
    await settled();
    for (let hour = 0; hour < HOURS; hour += 1) {
      for (let step = 0; step < STEPS_AN_HOUR; step += 1) {
        await clock.move(STEP_MINUTES);
        await settled();
      }
      if (!KILLED_AT.includes(hour)) continue;
      await child.kill();
      await child.start();
    }
    // Nothing is given up within the day, and none was asked for more often than its backoff allows.
    expect(await states('robot')).toEqual({ pending: EARLY });
    expect(await states('backed')).toEqual({ 'fallen-back': EARLY });
    expect(await states('spare')).toEqual({ delivered: EARLY });
    const [tried] = await sql<{ least: number; most: number }>(
      `SELECT min(attempts) AS least, max(attempts) AS most FROM delivery AS d JOIN channel AS c ON c.id = d.channel_id WHERE c.name = 'robot'`,
    );
    expect(tried!.least).toBeGreaterThan(HOURS);
    expect(tried!.most).toBeLessThan(HOURS * STEPS_AN_HOUR + 20);

    await tell('robot', LATE, EARLY);
    await settled();
    provider.away = false;
    const all = EARLY + LATE;
    // It was away for a day and is found within a quarter of an hour; then a minute at a time, by its quota.
    await clock.move(STEP_MINUTES);
    for (let minute = 0; minute < STEP_MINUTES && provider.robots.length < all; minute += 1) {
      await settled();
      await clock.move(1);
    }
    await settled();
    expect(await states('robot')).toEqual({ delivered: all });
    expect(provider.robots).toHaveLength(all);
    const items = provider.robots.map(({ json }) => /away[- ](\d+)/.exec(JSON.stringify(json))?.[1]);
    expect(new Set(items).size).toBe(all);
    expect(provider.throttled.robot).toBe(0);
    expect(provider.mostInAMinute()).toBeLessThanOrEqual(ROBOT_PER_MINUTE);
    expect(provider.spares).toHaveLength(EARLY);
    expect(provider.hooks).toEqual([]);
  }, 1_200_000);
});
