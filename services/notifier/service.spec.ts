import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { notificationV1 } from '@smartant/contracts';
import { createRpcClient, startGrpcServer, type RpcClient } from '@smartant/platform/grpc';
import { freePort } from '@smartant/test-servers';
import { AppModule } from './app.module';
import type { Notifier } from './compose-notifier';
import { NotifierRig, report, until } from './testkit/notifier-rig';

const CANARY = 'CANARY-token-of-a-channel';

describe('NotificationService over gRPC', () => {
  let rig: NotifierRig;
  let app: INestApplication;
  let notifier: Notifier;
  let rpc: RpcClient<typeof notificationV1.NotificationServiceClient.service>;
  const ws = { workspaceId: 'ws_1' };

  beforeAll(async () => {
    rig = await NotifierRig.start();
    notifier = rig.compose();
    const url = `127.0.0.1:${await freePort()}`;
    app = await NestFactory.create(AppModule.with(notifier.useCases), { logger: false, abortOnError: false });
    await startGrpcServer(app, {
      services: { 'smartant.notification.v1.NotificationService': notificationV1.NotificationServiceService },
      url,
    });
    await app.init();
    rpc = createRpcClient(notificationV1.NotificationServiceClient, { address: url });
    notifier.start();
  });
  afterAll(async () => {
    rpc?.close();
    await app?.close();
    await rig.stop();
  });

  const put = (change: Partial<notificationV1.PutChannelRequest> = {}) =>
    rpc.putChannel(
      notificationV1.PutChannelRequest.fromPartial({
        ...ws,
        name: 'ops',
        type: 'recording',
        settings: { to: 'ops' },
        language: 'en',
        enabled: true,
        ...change,
      }),
    );

  it('keeps channels, and never shows their secrets', async () => {
    expect((await rpc.listChannelTypes({})).types).toMatchObject([
      { type: 'recording', messageBytes: 10_000, settingsSchema: { type: 'object' } },
    ]);
    const { channel } = await put({ requestId: 'req-1', secrets: { token: CANARY } });
    expect(channel).toMatchObject({ name: 'ops', secretNames: ['token'], version: 1, health: 'unused' });
    expect((await put({ requestId: 'req-1', secrets: { token: CANARY } })).channel).toEqual(channel);
    await expect(put()).rejects.toMatchObject({ code: 'NOTIFY_CHANNEL_NAME_TAKEN' });
    const elsewhere = await put({ workspaceId: 'ws_9', requestId: 'req-1' });
    expect(elsewhere.channel).toMatchObject({ workspaceId: 'ws_9' });
    expect(elsewhere.channel?.id).not.toBe(channel?.id);
    await expect(put({ name: '', type: 'none', language: 'fr' })).rejects.toMatchObject({
      code: 'NOTIFY_CHANNEL_INVALID',
      fields: [{ field: 'name' }, { field: 'language' }, { field: 'type' }],
    });
    const id = channel!.id;
    const changed = await put({ id, ifVersion: 1, name: 'ops team' });
    expect(changed.channel).toMatchObject({ id, version: 2, secretNames: ['token'] });
    await expect(put({ id, ifVersion: 1 })).rejects.toMatchObject({ code: 'NOTIFY_VERSION_STALE', details: { version: '2' } });
    expect(await rpc.describeChannel({ ...ws, id, actor: '' })).toEqual(changed);
    await expect(rpc.describeChannel({ workspaceId: 'ws_2', id, actor: '' })).rejects.toMatchObject({ code: 'NOTIFY_CHANNEL_NOT_FOUND' });
    const { delivery } = await rpc.testChannel({ ...ws, id, actor: 'ann' });
    expect(delivery).toMatchObject({ state: 'delivered', attempts: [{ outcome: 'delivered', providerId: 'p-1' }] });
    expect(rig.channel.sent).toMatchObject([
      { to: 'ops', secrets: { token: CANARY }, message: { title: expect.stringContaining('Test: ') } },
    ]);
    const [stored] = await rig.database.query<{ text: string }>('SELECT c::text AS text FROM channel AS c');
    expect(stored?.text).not.toContain(Buffer.from(CANARY).toString('hex'));
    expect(JSON.stringify([await rpc.listChannels({ ...ws, pageSize: 0, pageToken: '' }), delivery])).not.toContain(CANARY);
  });

  it('routes by a document whose channels may be called by name', async () => {
    const before = await rpc.getRouting(ws);
    expect(before.routing).toMatchObject({ version: 0, document: { route: { channels: ['*'] } } });
    const document = {
      route: {
        name: 'all',
        channels: ['ops team'],
        groupWait: '0s',
        routes: [{ name: 'db', matchers: ['source=scheduler', 'engine=~"post.*"'] }],
      },
    };
    const wrong = {
      route: { name: 'x', channels: ['nobody'], quiet: { calendar: 'nights' }, routes: [{ name: 'y', matchers: ['a=~"("'] }] },
      extra: 1,
    };
    await expect(rpc.putRouting({ ...ws, ifVersion: 0, document: wrong, actor: 'ann' })).rejects.toMatchObject({ code: 'ROUTING_INVALID' });
    const { routing } = await rpc.putRouting({ ...ws, ifVersion: 0, document, actor: 'ann' });
    const { channels } = await rpc.listChannels({ ...ws, pageSize: 0, pageToken: '' });
    expect(routing).toMatchObject({ version: 1, updatedBy: 'ann', document: { route: { channels: [channels[0]!.id] } } });
    await expect(rpc.putRouting({ ...ws, ifVersion: 0, document, actor: 'ann' })).rejects.toMatchObject({ code: 'NOTIFY_VERSION_STALE' });
    await rpc.putRouting({ ...ws, ifVersion: 1, document: routing!.document, actor: 'bob' });
    const { matches } = await rpc.testRouting({ ...ws, labels: { alertname: 'x', source: 'scheduler', engine: 'postgres' }, at: '' });
    expect(matches).toMatchObject([{ path: ['all', 'db'], group: { alertname: 'x' }, channelIds: [channels[0]!.id], heldBy: '' }]);
    await expect(rpc.deleteChannel({ ...ws, id: channels[0]!.id, actor: '' })).rejects.toMatchObject({ code: 'NOTIFY_CHANNEL_IN_USE' });
  });

  it('tells, silences, acknowledges and keeps a log', async () => {
    await notifier.intake.report([
      report(),
      report({ name: 'node-not-ready', labels: { node: 'n1' }, source: 'kubernetes', severity: 'warning' }),
    ]);
    await until(() => rig.channel.sent.length === 3);
    const listed = async (text: string, severity = '') =>
      (await rpc.listAlerts({ ...ws, pageSize: 0, pageToken: '', status: 'firing', severity, migrationId: '', text })).alerts;
    const alerts = await listed('', 'critical');
    expect(alerts).toMatchObject([{ name: 'migration-failed', status: 'firing', labels: { migration: 'orders' }, migrationId: 'mig_1' }]);
    expect(alerts[0]?.texts['zh']?.title).toBe('迁移失败');
    for (const [text, names] of [
      ['NODE', ['node-not-ready']],
      ['迁移失败', ['migration-failed']],
      ['may not read', ['migration-failed', 'node-not-ready']],
      ['Orders', ['migration-failed']],
      ['100%', []],
    ] as const)
      expect((await listed(text)).map(({ name }) => name).sort()).toEqual(names);
    const id = alerts[0]!.id;
    const { alert } = await rpc.acknowledgeAlert({ ...ws, id, comment: 'mine', actor: 'ann' });
    expect(alert).toMatchObject({ acknowledgedBy: 'ann' });
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const silence = { ...ws, requestId: 's-1', id: '', startsAt: '', endsAt: soon, comment: 'known', actor: 'ann' };
    const matchers = [{ label: 'node', operator: '=~', value: 'n.*' }];
    const made = await rpc.putSilence({ ...silence, matchers });
    expect(made.silence).toMatchObject({ state: 'active', createdBy: 'ann', matchers });
    expect((await rpc.putSilence({ ...silence, matchers })).silence?.id).toBe(made.silence?.id);
    expect((await rpc.putSilence({ ...silence, workspaceId: 'ws_9', matchers })).silence?.id).not.toBe(made.silence?.id);
    await expect(
      rpc.putSilence({ ...silence, requestId: '', matchers: [{ label: 'a', operator: '!=', value: 'b' }] }),
    ).rejects.toMatchObject({
      code: 'NOTIFY_SILENCE_INVALID',
    });
    const held = await rpc.testRouting({ ...ws, labels: { alertname: 'y', node: 'n7' }, at: '' });
    expect(held.matches).toMatchObject([{ heldBy: 'silenced', holder: made.silence?.id }]);
    const { silence: ended } = await rpc.expireSilence({ ...ws, id: made.silence!.id, actor: 'ann' });
    expect(ended?.state).toBe('expired');
    const silences = async (state: string) => (await rpc.listSilences({ ...ws, pageSize: 0, pageToken: '', state })).silences;
    expect([await silences(''), await silences('expired'), await silences('active')]).toMatchObject([[{ comment: 'known' }], [{}], []]);
    const log = await rpc.listDeliveries({ ...ws, pageSize: 1, pageToken: '', channelId: '', alertId: id, state: 'delivered' });
    expect(log.deliveries).toMatchObject([{ state: 'delivered', alertIds: [id], title: '[CRITICAL] Migration failed: orders' }]);
    await rpc.retryDelivery({ ...ws, id: log.deliveries[0]!.id, actor: 'ann' });
    await until(() => rig.channel.titles().filter((title) => title.includes('orders')).length === 3);
  });

  it('has templates of its own in place of the built-in ones', async () => {
    const draft = { ...ws, channelType: '', language: 'zh', title: '{{ alerts[0].title }}!', body: '{{ alerts[0].labels.migration }}' };
    expect(await rpc.previewTemplate({ ...draft, alertId: '' })).toEqual({ title: '迁移失败!', body: 'orders', problem: '' });
    expect((await rpc.previewTemplate({ ...draft, body: '{% include "x" %}', alertId: '' })).problem).toContain('include');
    await expect(rpc.putTemplate({ ...draft, body: '{{ x | nofilter }}', ifVersion: 0, actor: '' })).rejects.toMatchObject({
      code: 'NOTIFY_TEMPLATE_INVALID',
      fields: [{ field: 'body' }],
    });
    expect((await rpc.putTemplate({ ...draft, ifVersion: 0, actor: 'ann' })).template).toMatchObject({ version: 1, builtIn: false });
    await expect(rpc.putTemplate({ ...draft, ifVersion: 0, actor: 'ann' })).rejects.toMatchObject({ code: 'NOTIFY_VERSION_STALE' });
    expect((await rpc.listTemplates(ws)).templates.map(({ builtIn }) => builtIn)).toEqual([false, true, true]);
    await rpc.deleteTemplate({ ...ws, channelType: '', language: 'zh', actor: 'ann' });
    expect((await rpc.listTemplates(ws)).templates).toHaveLength(2);
  });
});
