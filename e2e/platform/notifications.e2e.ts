import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedPlatform, waitFor } from './embedded-platform';
import { HookReceiver } from './hook-receiver';

const KEY = 'CANARY-KEY-OF-THE-HOOK';
const PATIENCE_MS = 120_000;

/** From an alert of another system to somebody's phone and back, on the whole platform, by the command line that operators use. */
describe('notifications', () => {
  const platform = new EmbeddedPlatform();
  const receiver = new HookReceiver(KEY);
  let address: string;

  beforeAll(async () => {
    address = await receiver.listen();
    await platform.start();
  }, 300_000);
  afterAll(async () => {
    await platform.dispose();
    await receiver.close();
  });

  const run = async (args: string[], status = 0): Promise<string> => {
    const result = await platform.cli(args, { HOOK_ADDRESS: address, HOOK_KEY: KEY });
    if (result.status !== status) throw new Error(`smartant ${args.join(' ')}: ${result.status} ${result.stdout}${result.stderr}`);
    return result.stdout;
  };
  const list = async <T>(...args: string[]) => (JSON.parse(await run([...args, '-o', 'json'])) as { items: T[] }).items;
  const alertOf = async (name: string) =>
    (await list<{ id: string; name: string; status: string; acknowledgedBy: string | null }>('alert', 'list')).find(
      (alert) => alert.name === name,
    );

  async function report(name: string, status: 'firing' | 'resolved' = 'firing'): Promise<void> {
    const { workspaceId } = await platform.api<{ workspaceId: string }>('GET', '/v1/auth/me');
    const token = readFileSync(join(platform.dataFolder, 'secrets', 'intake-token'), 'utf8').trim();
    const intake = `http://127.0.0.1:${platform.port('SMARTANT_NOTIFIER_INTAKE_PORT')}/intake/alertmanager?workspace=${workspaceId}`;
    const alert = { status, labels: { alertname: name, severity: 'critical', host: 'db-1' }, annotations: { summary: `${name} happened` } };
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(intake, { method: 'POST', headers, body: JSON.stringify({ version: '4', alerts: [alert] }) });
    if (answer.status !== 202) throw new Error(`the intake answered ${answer.status}: ${await answer.text()}`);
  }

  it('sends a test message by a channel whose secrets came from variables, and shows none of them', async () => {
    const secrets = ['--secret', 'url=env:HOOK_ADDRESS', '--secret', 'signingKey=env:HOOK_KEY'];
    const made = await run(['channel', 'create', 'hook', '--type', 'webhook', ...secrets, '-o', 'json']);
    expect(JSON.parse(made)).toMatchObject({ name: 'hook', secretNames: ['signingKey', 'url'], version: 1 });
    expect(made).not.toContain(KEY);
    await run(['channel', 'test', 'hook']);
    expect(receiver.received).toMatchObject([{ signed: true }]);
    const refused = await platform.cli(['channel', 'create', 'x', '--type', 'webhook', '--set', 'nonsense=1']);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('settings') });
  });

  it('tells of an alert by the route that was applied, once somebody sees to it, and of its end', async () => {
    const file = join(platform.dataFolder, 'routing.yaml');
    writeFileSync(file, 'route:\n  name: all\n  channels: [hook]\n  groupWait: 0s\n  groupInterval: 1s\n');
    await run(['route', 'apply', file]);
    expect(await run(['route', 'test', 'alertname=DiskFull', 'severity=critical'])).toMatch(/all +hook/);
    await report('DiskFull');
    await waitFor('the message', () => receiver.taken('DiskFull').length === 1, PATIENCE_MS);
    expect(receiver.taken('DiskFull')).toMatchObject([{ signed: true }]);
    const { id = '' } = (await alertOf('DiskFull')) ?? {};
    await run(['alert', 'ack', id, '--comment', 'on it']);
    expect(await alertOf('DiskFull')).toMatchObject({ status: 'firing', acknowledgedBy: expect.any(String) });
    await report('DiskFull', 'resolved');
    await waitFor('the end of it', () => receiver.taken('DiskFull').length === 2, PATIENCE_MS);
    expect(await alertOf('DiskFull')).toMatchObject({ status: 'resolved' });
  });

  it('holds what is silenced, and loses nothing while the receiver is away and the platform is started again', async () => {
    await run(['silence', 'create', 'alertname=Noise', '--for', '2h', '--comment', 'maintenance']);
    expect(await run(['route', 'test', 'alertname=Noise'])).toMatch(/hook +silence/);
    receiver.status = 503;
    await report('Noise');
    await report('PowerLost');
    const pending = () =>
      list<{ id: string; attempts: { outcome: string }[] }>('delivery', 'list', '--channel', 'hook', '--state', 'pending');
    await waitFor('an attempt that failed', async () => (await pending()).some(({ attempts }) => attempts.length > 0), PATIENCE_MS);
    await platform.stop();
    receiver.status = 204;
    await platform.start();
    const [delivery] = await pending();
    if (delivery) await run(['delivery', 'retry', delivery.id]);
    await waitFor('the message', () => receiver.taken('PowerLost').length === 1, PATIENCE_MS);
    expect(receiver.taken('Noise')).toEqual([]);
    expect(await list('silence', 'list')).toMatchObject([{ state: 'active', comment: 'maintenance' }]);
    expect(await run(['route', 'show'])).toContain('groupWait: 0s');
    expect(await list('delivery', 'list', '--state', 'delivered')).toHaveLength(4);
  });

  it("keeps the platform's own apart", async () => {
    expect(await list('channel', 'list', '--platform')).toEqual([]);
    expect(await list('alert', 'list', '--platform')).toEqual([]);
  });

  it('has on record who did what, and writes no secret into a log', async () => {
    const actions = (await list<{ action: string }>('audit', 'list')).map(({ action }) => action);
    for (const action of [
      'notification-channel.create',
      'notification-channel.test',
      'alert-routing.update',
      'alert.acknowledge',
      'silence.create',
    ])
      expect(actions).toContain(action);
    const logs = join(platform.dataFolder, 'logs');
    for (const name of readdirSync(logs)) expect(readFileSync(join(logs, name), 'latin1')).not.toContain(KEY);
  });
});
