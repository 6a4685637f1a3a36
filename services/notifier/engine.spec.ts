import { ChannelError } from './application/ports/channel-error';
import type { Notifier } from './compose-notifier';
import { NotifierRig, putChannel, quietObserver, report, until } from './testkit/notifier-rig';

const WS = 'ws_1';
const PAGE = { pageSize: 0, pageToken: '' };
const at = (minute: number) => new Date(Date.UTC(2026, 10, 29, 10, minute));

describe('the engine', () => {
  let rig: NotifierRig;
  let notifier: Notifier;
  let ops: string;
  let boss: string;

  beforeEach(async () => {
    rig = await NotifierRig.start();
    notifier = rig.compose();
    boss = (await notifier.useCases.channels.put(putChannel({ name: 'boss', settings: { to: 'boss' } }))).id;
    ops = (await notifier.useCases.channels.put(putChannel())).id;
    await route({});
    notifier.start();
  });
  afterEach(async () => {
    await rig.stop();
    expect(rig.failures).toEqual([]);
  });

  const route = async (settings: object, more: object = {}) => {
    const { version } = await notifier.useCases.routing.get(WS);
    const root = { name: 'root', channels: ['ops'], groupWait: '0s', groupInterval: '1s', groupBy: ['alertname'], ...settings };
    await notifier.useCases.routing.put(WS, version, { route: root, ...more }, 'ann');
  };
  const deliveries = async (channelId = '') =>
    (await notifier.useCases.deliveries.list(WS, { channelId, alertId: '', state: '' }, PAGE)).items;
  const sql = (text: string, params: unknown[] = []) => rig.database.query(text, params);
  /** As if so long had passed for every group. */
  const passes = (hours: number) =>
    sql(`UPDATE alert_group SET due_at = clock_timestamp(), last_notified_at = last_notified_at - make_interval(hours => $1);`, [
      hours,
    ]).then(() => sql('UPDATE alert_group_member SET first_told_at = first_told_at - make_interval(hours => $1)', [hours]));
  const settled = async () => {
    const open = `SELECT 1 FROM alert WHERE route_due UNION ALL SELECT 1 FROM alert_group WHERE due_at <= clock_timestamp()
      UNION ALL SELECT 1 FROM delivery WHERE state = 'pending' AND next_attempt_at <= clock_timestamp()`;
    await until(async () => (await sql(open)).length === 0);
  };
  const titles = () => rig.channel.titles();

  it('tells what comes together as one, once, and when it is over', async () => {
    const three = ['a', 'b', 'c'].map((migration) => report({ labels: { migration } }));
    await notifier.intake.report(three);
    await notifier.intake.report(three);
    await settled();
    expect(rig.channel.sent).toMatchObject([
      {
        to: 'ops',
        message: {
          alertCount: 3,
          status: 'firing',
          severity: 'critical',
          title: '[CRITICAL] Migration failed: a (+2)',
          url: expect.stringContaining(WS),
        },
      },
    ]);
    await notifier.intake.report(three.slice(0, 2).map((each) => ({ ...each, endsAt: at(5) })));
    await until(() => rig.channel.sent.length === 2);
    expect(rig.channel.sent[1]?.message).toMatchObject({
      alertCount: 2,
      status: 'firing',
      text: expect.stringContaining('1 of this group still fire'),
    });
    await notifier.intake.report([{ ...three[2]!, endsAt: at(6) }]);
    await until(() => rig.channel.sent.length === 3);
    expect(rig.channel.sent[2]?.message).toMatchObject({ status: 'resolved', title: '[RESOLVED] Migration failed: c' });
    expect(new Set(rig.channel.sent.map(({ message }) => message.groupKey)).size).toBe(1);
    await settled();
    expect(await sql('SELECT 1 FROM alert_group')).toEqual([]);
  });

  it('repeats what goes on, and escalates it, until somebody acknowledges', async () => {
    await route(
      { escalation: 'up', repeatInterval: '4h' },
      { escalations: [{ name: 'up', steps: [{ after: '30m', channels: ['boss'] }] }] },
    );
    await notifier.intake.report([report()]);
    await settled();
    await passes(1);
    await until(() => rig.channel.titles('boss').length === 1);
    expect(rig.channel.titles('boss')).toEqual(['Not acknowledged: [CRITICAL] Migration failed: orders']);
    await passes(4);
    await until(() => rig.channel.titles('ops').length === 2);
    await passes(0);
    await settled();
    const [alert] = (await notifier.useCases.alerts.list(WS, { status: '', severity: '', migrationId: '', text: '' }, PAGE)).items;
    await notifier.useCases.alerts.acknowledge(WS, alert!.id, 'ann', '');
    await passes(24);
    await settled();
    expect(titles()).toHaveLength(3);
    await notifier.intake.report([report({ endsAt: at(9) })]);
    await until(() => titles().length === 4);
    expect(titles()[3]).toContain('RESOLVED');
  });

  it('holds what is silenced, inhibited or quiet, and tells it afterwards if it still fires', async () => {
    const always = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '00:00' }];
    await route(
      { routes: [{ name: 'quiet', matchers: ['team=night'], quiet: { calendar: 'always', except: ['critical'] } }] },
      {
        calendars: [{ name: 'always', timeZone: 'UTC', windows: always }],
        inhibitions: [{ name: 'node', source: ['alertname=node-not-ready'], target: ['alertname=pod-evicted'], equal: ['node'] }],
      },
    );
    const matchers = [{ label: 'migration', operator: '=' as const, value: 'orders' }];
    const silence = {
      requestId: '',
      workspaceId: WS,
      id: '',
      matchers,
      startsAt: '',
      endsAt: '2099-01-01T00:00:00Z',
      comment: 'x',
      actor: 'a',
    };
    await expect(notifier.useCases.silences.put(silence)).rejects.toMatchObject({ fields: [{ field: 'endsAt' }] });
    const { id } = await notifier.useCases.silences.put({ ...silence, endsAt: new Date(Date.now() + 3_600_000).toISOString() });
    await notifier.intake.report([
      report(),
      report({ name: 'node-not-ready', labels: { node: 'n1' } }),
      report({ name: 'pod-evicted', labels: { node: 'n1' } }),
      report({ name: 'night', severity: 'warning', labels: { team: 'night' } }),
      report({ name: 'night-critical', labels: { team: 'night' } }),
    ]);
    await until(() => titles().length === 2);
    await settled();
    expect(titles().sort()).toEqual(['[CRITICAL] Node not ready: n1', '[CRITICAL] night critical']);
    await notifier.useCases.silences.expire(WS, id);
    await passes(0);
    await until(() => titles().length === 3);
    await notifier.intake.report([report({ name: 'node-not-ready', labels: { node: 'n1' }, endsAt: at(5) })]);
    await until(async () => {
      await passes(1);
      return titles().some((title) => title.includes('Pod was evicted'));
    });
    expect(new Set(titles().filter((title) => title.includes('night')))).toEqual(new Set(['[CRITICAL] night critical']));
  });

  it('tries again, goes on to another channel, and gives up what is never taken', async () => {
    let code = '';
    rig.channel.refuse = (to) =>
      to === 'ops' && code !== '' ? new ChannelError(`NOTIFY_${code}`, 'no', code as never, { providerCode: '42', retryAfterMs: 1 }) : null;
    code = 'retry';
    await notifier.intake.report([report({ name: 'first' })]);
    await until(async () => (await deliveries())[0]?.attempts.length === 1);
    code = '';
    await sql('UPDATE delivery SET next_attempt_at = clock_timestamp()');
    await until(async () => (await deliveries())[0]?.state === 'delivered');
    const [first] = await deliveries();
    expect(first).toMatchObject({
      state: 'delivered',
      attempts: [{ outcome: 'retry', errorCode: 'NOTIFY_retry', providerCode: '42' }, { outcome: 'delivered' }],
    });
    expect(rig.channel.sent[0]?.message.id).toBe(first!.id);
    code = 'give-up';
    await notifier.intake.report([report({ name: 'second' })]);
    await until(async () => (await deliveries())[0]?.state === 'given-up');
    const put = await notifier.useCases.channels.get(WS, ops);
    await notifier.useCases.channels.put(putChannel({ id: ops, ifVersion: put.version, fallbackChannelId: boss }));
    code = 'reconfigure';
    await notifier.intake.report([report({ name: 'third' })]);
    await until(() => rig.channel.titles('boss').length === 1);
    expect((await deliveries(ops))[0]).toMatchObject({ state: 'fallen-back', attempts: [{ outcome: 'needs-attention' }] });
    expect(await notifier.useCases.channels.get(WS, ops)).toMatchObject({ health: 'needs-attention', lastErrorCode: 'NOTIFY_reconfigure' });
  });

  it('holds a quota together with other replicas', async () => {
    await notifier.stop();
    const kinds = rig.channel.types(4);
    const replicas = [rig.compose({ kinds }), rig.compose({ kinds })];
    await replicas[0]!.intake.report(['a', 'b', 'c'].map((name) => report({ name })));
    for (const replica of replicas) replica.start();
    await until(
      async () => titles().length === 1 && (await sql('SELECT 1 FROM quota_bucket WHERE ready_at > clock_timestamp()')).length === 1,
    );
    await until(async () => (await sql(`SELECT 1 FROM delivery WHERE state = 'pending'`)).length === 2);
    // As if a minute had passed.
    await sql(`UPDATE quota_bucket SET refilled_at = refilled_at - interval '20 s', ready_at = clock_timestamp()`);
    await until(() => titles().length === 2);
  });

  it('sends what a process that died may have sent, but not before a while', async () => {
    await notifier.stop();
    await route({});
    const times = { sendMs: 1_000, leaseMs: 60_000, doubtMs: 3_600_000 };
    const other = rig.compose({ times });
    await other.intake.report([report()]);
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.channel.hold = promise;
    other.start();
    await until(async () => (await sql('SELECT 1 FROM delivery WHERE lease IS NOT NULL')).length === 1);
    // It is silent from here on: its lease runs out, and another one finds it.
    await sql(`UPDATE delivery SET lease_until = clock_timestamp() - interval '1 s'`);
    await until(async () => (await deliveries())[0]?.attempts.length === 1);
    const [lost] = await deliveries();
    expect(lost).toMatchObject({ state: 'pending', attempts: [{ outcome: 'retry', errorCode: 'NOTIFY_SENDER_LOST' }] });
    expect(lost!.nextAttemptAt!.getTime()).toBeGreaterThan(Date.now() + 1_800_000);
    // What came back late and was delivered is known to be, and is not sent again.
    rig.channel.hold = null;
    resolve();
    await until(async () => (await deliveries())[0]?.state !== 'pending' || titles().length > 0);
  });

  it('takes what its source is silent about for over, and believes it when it speaks again', async () => {
    await notifier.stop();
    const heard: [string, number][] = [];
    const observer = { ...quietObserver, expired: (source: string, count: number) => void heard.push([source, count]) };
    const silent = { silence: { alertmanager: 3_600_000 }, expiryGraceMs: 0, observer };
    const other = rig.compose(silent);
    const ofAlertmanager = report({ name: 'remote', source: 'alertmanager' });
    await other.intake.report([ofAlertmanager, report({ name: 'own' })]);
    other.start();
    await until(() => titles().length === 2);
    const goesBy = () => sql(`UPDATE alert SET expires_at = expires_at - interval '2 h'`);
    await goesBy();
    await until(() => titles().length === 3);
    expect(titles()[2]).toContain('RESOLVED');
    expect(heard).toEqual([['alertmanager', 1]]);
    await other.intake.report([ofAlertmanager]);
    await until(() => titles().length === 4);
    expect(titles()[3]).toContain('CRITICAL');
    // Each saying counts, and a process that has only just begun to listen waits for them.
    await other.stop();
    await goesBy();
    const fresh = rig.compose({ ...silent, expiryGraceMs: 60_000 });
    fresh.start();
    await fresh.intake.report([ofAlertmanager]);
    const ended = `SELECT 1 FROM alert WHERE source = 'alertmanager' AND (status = 'resolved' OR expires_at < clock_timestamp())`;
    expect(await sql(ended)).toEqual([]);
  });

  it('collects a digest, with what was over before it was sent', async () => {
    await route({ groupBy: [], digest: { every: 'hour' } });
    await notifier.intake.report([report({ name: 'a' }), report({ name: 'b' })]);
    await settled();
    await notifier.intake.report([report({ name: 'b', endsAt: at(5) }), report({ name: 'c' })]);
    await settled();
    expect(titles()).toEqual([]);
    await passes(0);
    await until(() => titles().length === 1);
    expect(rig.channel.sent[0]?.message).toMatchObject({ title: 'Digest: 3 alerts', alertCount: 3 });
    await settled();
    await passes(0);
    await settled();
    expect(titles()).toHaveLength(1);
  });

  it('is not held up by a group that cannot be told, nor by a document that it cannot read', async () => {
    await sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'on purpose'; END $$`);
    await sql(`CREATE TRIGGER refuse BEFORE INSERT ON delivery FOR EACH ROW WHEN (NEW.title LIKE '%bad%') EXECUTE FUNCTION refuse()`);
    await notifier.intake.report([report({ name: 'bad' })]);
    await until(() => rig.failures.length > 0);
    await notifier.intake.report([report({ name: 'good' })]);
    await until(() => titles().length === 1);
    expect(titles()).toEqual([expect.stringContaining('good')]);
    await sql(`UPDATE routing SET version = version + 1, document = '{"of":"a newer version"}'`);
    await notifier.intake.report([report({ name: 'other' })]);
    await sql('UPDATE alert SET route_due = true');
    await until(async () => (await sql(`SELECT 1 FROM alert_group WHERE route -> 'path' ->> 0 = 'default'`)).length > 0);
    rig.failures.length = 0;
    await sql(`UPDATE alert_group SET due_at = clock_timestamp() WHERE route -> 'path' ->> 0 = 'default'`);
    await until(() => rig.channel.titles('boss').some((title) => title.includes('other')));
    await notifier.stop();
    rig.failures.length = 0;
  });

  it('routes anew what fires when the document changes, and forgets what is long over', async () => {
    await notifier.intake.report([report()]);
    await until(() => titles().length === 1);
    await route({ channels: ['boss'], name: 'other' });
    await until(() => rig.channel.titles('boss').length === 1);
    expect(await sql('SELECT 1 FROM alert_group_member')).toHaveLength(1);
    await notifier.intake.report([report({ endsAt: at(8) })]);
    await until(() => rig.channel.titles('boss').length === 2);
    await settled();
    await sql(`UPDATE alert SET changed_at = clock_timestamp() - interval '31 days'`);
    await sql(`UPDATE delivery SET settled_at = clock_timestamp() - interval '31 days'`);
    const cleaner = rig.compose();
    cleaner.start();
    await until(
      async () => (await sql('SELECT 1 FROM alert UNION ALL SELECT 1 FROM delivery UNION ALL SELECT 1 FROM delivery_attempt')).length === 0,
    );
  });
});
