import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { problem, type Script } from '../testing/scripted-api';
import { ScriptedCli } from '../testing/scripted-cli';

const CANARY = 'CANARY-OF-A-CHANNEL';
const AT = '2026-01-02T03:04:05Z';
const channel = {
  id: 'chn_1',
  name: 'ops',
  type: 'webhook',
  settings: { url: 'https://example.com', retries: 2 },
  secretNames: ['signingKey'],
  language: 'zh',
  enabled: true,
  fallbackChannelId: null,
  version: 3,
  createdAt: AT,
  updatedAt: AT,
  health: 'needs-attention',
  lastError: { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', message: 'refused' },
};
const type = {
  type: 'webhook',
  settingsSchema: {
    properties: { url: { type: 'string', description: 'where to' }, retries: { type: 'integer' }, to: { type: 'array' } },
    required: ['url'],
  },
  secretsSchema: { properties: { signingKey: { type: 'string' } } },
  messagesPerMinute: 0,
  messageBytes: 1_000,
};
const delivery = {
  id: 'dlv_1',
  channelId: 'chn_1',
  state: 'given-up',
  alertIds: ['alr_1'],
  title: 'DiskFull',
  attempts: [
    { at: AT, outcome: 'given-up', errorCode: 'X_REFUSED', errorMessage: 'no', providerId: null, providerCode: '400', durationMs: 1 },
  ],
  createdAt: AT,
  nextAttemptAt: null,
  traceId: null,
};
const alert = {
  id: 'alr_1',
  fingerprint: 'f',
  status: 'firing',
  severity: 'critical',
  name: 'DiskFull',
  labels: { host: 'db-1' },
  annotations: { summary: 'full' },
  source: 'alertmanager',
  startsAt: AT,
  endsAt: null,
  acknowledgedAt: AT,
  acknowledgedBy: 'ann',
  silenceIds: [],
  migrationId: null,
  traceId: null,
};
const silence = {
  id: 'sil_1',
  matchers: [{ label: 'team', operator: '=~', value: 'ops|db' }],
  startsAt: AT,
  endsAt: AT,
  comment: 'maintenance',
  createdBy: 'ann',
  createdAt: AT,
  state: 'active',
};
const template = { channelType: null, language: 'zh', title: '标题', body: '正文', builtIn: true, version: 0 };
const routing = { version: 4, document: { route: { name: 'all', channels: ['*'] } }, updatedAt: null, updatedBy: null };
const page = (...items: object[]) => ({ body: { items, nextPageToken: null } });

const script: Script = {
  'GET /notification-channel-types': () => ({ body: { items: [type] } }),
  'GET /notification-channels': () => page(channel),
  'GET /v1/admin/notification-channels': () => page(),
  'POST /notification-channels': () => ({ status: 201, body: channel }),
  'PUT /notification-channels/chn_1': () => ({ body: { ...channel, version: 4 } }),
  'DELETE /notification-channels/chn_1': () => ({ status: 204 }),
  'POST /notification-channels/chn_1/test': () => ({ body: delivery }),
  'GET /alert-routing': () => ({ body: routing }),
  'PUT /alert-routing': ({ headers }) =>
    headers['if-match'] === '"4"'
      ? { body: { ...routing, version: 5 } }
      : { status: 412, body: problem(412, 'NOTIFY_VERSION_STALE', 'stale') },
  'POST /alert-routing/test': () => ({
    body: { matches: [{ path: ['all', 'night'], group: {}, channelIds: ['chn_1'], heldBy: 'quiet-hours', holder: 'nights' }] },
  }),
  'GET /alert-silences': () => page(silence, { ...silence, id: 'sil_0', state: 'expired' }),
  'POST /alert-silences': () => ({ status: 201, body: silence }),
  'POST /alert-silences/sil_1/expire': () => ({ body: { ...silence, state: 'expired' } }),
  'GET /alerts': () => page(alert),
  'POST /alerts/alr_1/acknowledge': () => ({ body: alert }),
  'GET /notification-deliveries': () => page(delivery),
  'POST /notification-deliveries/dlv_1/retry': () => ({ body: { ...delivery, state: 'pending' } }),
  'GET /notification-templates': () => ({ body: { items: [template] } }),
  'PUT /notification-templates': () => ({ body: { ...template, builtIn: false } }),
  'DELETE /notification-templates': () => ({ status: 204 }),
  'POST /notification-templates/preview': () => ({ body: { title: '', body: '', problem: 'tag "if" is not closed' } }),
};

describe('commands about notifications', () => {
  const cli = new ScriptedCli(script);
  beforeEach(() => void cli.api.requests.splice(0));
  const write = (name: string, text: string) => writeFileSync(join(cli.home, name), text);

  it('makes channels with secrets from files and variables, and settings as their kind wants them', async () => {
    write('key', `${CANARY}\n`);
    const secrets = ['--secret', 'signingKey=@key', '--secret', 'token=env:TOKEN'];
    const args = ['channel', 'create', 'ops', '--type', 'webhook', '--set', 'url=8', '--set', 'retries=2', '--set', 'to=a,b', ...secrets];
    const { code, stdout } = await cli.run(args, { env: { TOKEN: 'from-a-variable' } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Channel ops is made') });
    expect(cli.api.to('POST /notification-channels')).toMatchObject([
      {
        headers: { 'idempotency-key': expect.any(String) },
        body: { settings: { url: '8', retries: 2, to: ['a', 'b'] }, secrets: { signingKey: CANARY, token: 'from-a-variable' } },
      },
    ]);
  });

  it('takes no secret from its arguments, and repeats none', async () => {
    const { code, stderr } = await cli.run(['channel', 'create', 'ops', '--type', 'webhook', '--secret', `signingKey=${CANARY}`]);
    expect(code).toBe(2);
    expect(stderr).toContain('CLI_SECRET_IN_ARGS');
    expect(stderr).not.toContain(CANARY);
    expect(await cli.run(['channel', 'create', 'ops', '--type', 'webhook', '--secret', 'signingKey'])).toMatchObject({ code: 2 });
    expect(cli.api.to('POST /notification-channels')).toEqual([]);
  });

  it('changes what is named of a channel, at the version that was read', async () => {
    expect(await cli.run(['channel', 'update', 'ops', '--set', 'retries=3', '--remove-secret', 'signingKey', '--disable'])).toMatchObject({
      code: 0,
    });
    expect(cli.api.to('PUT /notification-channels/chn_1')).toMatchObject([
      {
        headers: { 'if-match': '"3"' },
        body: { settings: { url: 'https://example.com', retries: 3 }, secrets: { signingKey: '' }, enabled: false, language: 'zh' },
      },
    ]);
  });

  it('lists, shows, tests and deletes channels', async () => {
    expect((await cli.run(['channel', 'list'])).stdout).toMatch(/ops +webhook +needs attention +zh/);
    expect((await cli.run(['channel', 'types', 'webhook'])).stdout).toMatch(/url +--set +yes +string +where to/);
    expect((await cli.run(['channel', 'show', 'ops'], { env: { SMARTANT_LANG: 'zh' } })).stdout).toMatch(/健康： *|健康: +需要处理/);
    expect(await cli.run(['channel', 'test', 'ops'])).toMatchObject({ code: 1, stdout: expect.stringContaining('X_REFUSED no (400)') });
    expect(await cli.run(['channel', 'delete', 'ops'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await cli.run(['channel', 'delete', 'ops', '--dry-run'])).toMatchObject({ code: 0 });
    expect(cli.api.to('DELETE /notification-channels/chn_1')).toEqual([]);
    expect(await cli.run(['channel', 'delete', 'ops', '--yes'])).toMatchObject({ code: 0 });
    expect(await cli.run(['channel', 'show', 'nothing'])).toMatchObject({ stderr: expect.stringContaining('CLI_CHANNEL_NOT_FOUND') });
    expect((await cli.run(['channel', 'list', '--platform', '-o', 'json'])).stdout.trim()).toBe('{\n  "items": []\n}');
  });

  it('prints the routing so that it can be applied, and applies what has changed', async () => {
    const { stdout } = await cli.run(['route', 'show']);
    expect(stdout).toContain('name: all');
    expect(await cli.run(['route', 'apply', '-'], { input: stdout })).toMatchObject({ stdout: expect.stringContaining('as it was') });
    write('routing.yaml', 'route: { name: all, channels: [ops] }');
    expect(await cli.run(['route', 'apply', 'routing.yaml', '--dry-run'])).toMatchObject({
      stdout: expect.stringContaining('Replace version 4'),
    });
    expect(cli.api.to('PUT /alert-routing')).toEqual([]);
    expect(await cli.run(['route', 'apply', 'routing.yaml'])).toMatchObject({ stdout: expect.stringContaining('version 5') });
    expect(await cli.run(['route', 'apply', 'routing.yaml', '--if-version', '3'])).toMatchObject({
      stderr: expect.stringContaining('NOTIFY_VERSION_STALE'),
    });
    write('bad.yaml', 'a: &x [1]\nb: *x');
    expect(await cli.run(['route', 'apply', 'bad.yaml'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('CLI_DOCUMENT_INVALID'),
    });
    expect((await cli.run(['route', 'test', 'severity=critical', 'host=a=b'])).stdout).toMatch(/all > night +ops +quiet hours: nights/);
    expect(cli.api.to('POST /alert-routing/test')[0]?.body).toEqual({ labels: { severity: 'critical', host: 'a=b' } });
  });

  it('silences, lists what holds and ends it', async () => {
    const args = ['silence', 'create', 'team=~"ops|db"', 'name!=Stall', '--from', AT, '--for', '2h', '--comment', 'maintenance'];
    expect(await cli.run(args)).toMatchObject({ code: 0, stdout: expect.stringContaining('sil_1') });
    expect(cli.api.to('POST /alert-silences')[0]?.body).toEqual({
      matchers: [
        { label: 'team', operator: '=~', value: 'ops|db' },
        { label: 'name', operator: '!=', value: 'Stall' },
      ],
      startsAt: '2026-01-02T03:04:05.000Z',
      endsAt: '2026-01-02T05:04:05.000Z',
      comment: 'maintenance',
    });
    expect(await cli.run(['silence', 'create', 'a=b', '--comment', 'c'])).toMatchObject({ code: 2 });
    const { stdout } = await cli.run(['silence', 'list']);
    expect(stdout).toContain('team=~"ops|db"');
    expect(stdout).not.toContain('sil_0');
    expect(await cli.run(['silence', 'expire', 'sil_1'])).toMatchObject({ code: 0 });
  });

  it('lists alerts and what was sent, acknowledges, and sends again', async () => {
    expect((await cli.run(['alert', 'list', '--status', 'firing', '--migration', 'mig_1'])).stdout).toMatch(
      /alr_1 +critical +DiskFull +seen to by ann/,
    );
    expect(Object.fromEntries(cli.api.to('GET /alerts')[0]!.query)).toMatchObject({
      status: 'firing',
      migrationId: 'mig_1',
      pageSize: '50',
    });
    expect(await cli.run(['alert', 'ack', 'alr_1', '--comment', 'on it'])).toMatchObject({ code: 0 });
    expect(cli.api.to('POST /alerts/alr_1/acknowledge')[0]?.body).toEqual({ comment: 'on it' });
    expect((await cli.run(['delivery', 'list', '--channel', 'ops'])).stdout).toMatch(/dlv_1 +ops +given up +DiskFull +1 +X_REFUSED/);
    expect(cli.api.to('GET /notification-deliveries')[0]?.query.get('channelId')).toBe('chn_1');
    expect((await cli.run(['delivery', 'retry', 'dlv_1'])).stdout).toContain('pending');
  });

  it('sets, previews and resets templates', async () => {
    write('body.liquid', '{% if %}');
    expect(await cli.run(['template', 'set', '--language', 'zh', '--type', 'webhook', '--body-file', 'body.liquid'])).toMatchObject({
      code: 0,
    });
    const [set] = cli.api.to('PUT /notification-templates');
    expect(set?.body).toEqual({ title: '标题', body: '{% if %}' });
    expect(Object.fromEntries(set!.query)).toEqual({ language: 'zh', channelType: 'webhook' });
    expect(await cli.run(['template', 'preview', '--language', 'zh', '--body-file', 'body.liquid'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('is not closed'),
    });
    expect((await cli.run(['template', 'show', '--language', 'zh'])).stdout).toContain('正文');
    expect(await cli.run(['template', 'reset', '--language', 'zh', '--yes'])).toMatchObject({ code: 0 });
  });
});
