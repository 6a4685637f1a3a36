import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf, startHost, whyNoHosts } from '@smartant/test-servers';
import { makeHostileTree } from '../../services/host-migrator/connectors/linux/files/fixtures/hostile-tree';
import { EmbeddedPlatform, waitFor } from '../platform/embedded-platform';
import { ApiMigration } from '../platform/migration';
import { DIRECTORY, HostPair, WRITER } from './host-pair';

interface TranscriptEntry {
  host: string;
  command: string;
  exitCode: number | null;
}

describeIf(whyNoHosts(), 'a host that is written to', () => {
  const platform = new EmbeddedPlatform();
  let pair: HostPair;

  beforeAll(() => platform.start(), 180_000);
  afterAll(() => platform.dispose(), 60_000);
  beforeEach(async () => {
    pair = await HostPair.start();
    makeHostileTree(join(pair.source.root, 'srv/hostile'));
  });
  afterEach(() => pair.stop());

  const begin = (host: object = {}, spec: object = {}, ends: { source?: object; target?: object } = {}): Promise<ApiMigration> =>
    ApiMigration.create(platform, {
      source: pair.endpoint('source'),
      target: pair.endpoint('target'),
      ...ends,
      spec: {
        kind: 'host',
        host: { targetDirectory: DIRECTORY, stopServices: [WRITER], ...host },
        cutover: { mode: 'manual', finalize: 'manual' },
        incrementalIntervalSeconds: 1,
        ...spec,
      },
    });

  const following = (migration: ApiMigration) => migration.until(({ phase, round }) => phase === 'incremental' && round >= 1);

  async function cutOver(migration: ApiMigration) {
    await migration.act('cutover');
    return migration.until(({ phase, status }) => phase === 'reversible' && status === 'waiting');
  }

  const expectNothingLeft = () =>
    waitFor(
      'nothing to be left',
      () => pair.leftBehind().length === 0,
      30_000,
      () => pair.leftBehind().join('\n'),
    );

  /** All pages of it. */
  async function transcript(migration: ApiMigration): Promise<TranscriptEntry[]> {
    const entries: TranscriptEntry[] = [];
    for (let token: string | null = ''; token !== null;) {
      type Page = { items: TranscriptEntry[]; nextPageToken: string | null };
      const page: Page = await migration.call<Page>('GET', `transcript?pageSize=200${token && `&pageToken=${encodeURIComponent(token)}`}`);
      entries.push(...page.items);
      token = page.nextPageToken;
    }
    return entries;
  }

  it.each([
    ['straight from source to target', 'auto'],
    ['through the migrator', 'never'],
  ])('arrives whole %s', async (_name, direct) => {
    pair.startWriter();
    const migration = await begin({ direct });
    await following(migration);
    pair.write('srv/late', 'written between two rounds');
    await waitFor('a round to carry it', () => pair.arrived('srv/late') !== null, 60_000);
    expect(await migration.get()).toMatchObject({ prediction: { files: expect.any(Number), seconds: expect.any(Number) } });
    pair.write('srv/last', 'written right before the cutover');
    const cut = await cutOver(migration);
    expect(pair.writerRuns()).toBe(false);
    expect(cut.verification).toMatchObject({ equal: true, differenceCount: 0 });
    for (const part of ['srv', 'etc', 'root']) {
      const { source, target } = pair.trees(part);
      expect(target).toEqual(source);
    }
    await migration.act('finalize');
    await migration.until(({ phase, status }) => phase === 'done' && status === 'succeeded');
    expect(pair.writerRuns()).toBe(false);
    expect(pair.arrived('srv/written')).toBe(pair.written());
    await expectNothingLeft();
    const commands = await transcript(migration);
    expect(commands.length).toBeGreaterThan(10);
    expect(new Set(commands.map(({ host }) => host))).toEqual(new Set(['source', 'target']));
    expect(commands.some(({ command }) => command.includes(`systemctl stop -- ${WRITER}`))).toBe(true);
    expect(JSON.stringify(commands)).not.toMatch(/PRIVATE KEY|b3BlbnNzaC1rZXk/);
  });

  it('goes on at the source when it is rolled back', async () => {
    pair.startWriter();
    const migration = await begin();
    await following(migration);
    await cutOver(migration);
    const written = pair.written();
    await migration.act('rollback');
    await migration.until(({ phase, status }) => phase === 'done' && status === 'cancelled');
    expect(pair.writerRuns()).toBe(true);
    await waitFor('the service to write', () => pair.written().length > written.length, 10_000);
    await expectNothingLeft();
  });

  it('is left as it was when the migration is cancelled', async () => {
    pair.startWriter();
    const migration = await begin();
    await following(migration);
    await migration.act('cancel');
    await migration.until(({ status }) => status === 'cancelled');
    expect(pair.writerRuns()).toBe(true);
    await expectNothingLeft();
  });

  it('waits while it is paused, and goes on', async () => {
    const migration = await begin();
    await following(migration);
    await migration.act('pause');
    await migration.until(({ status }) => status === 'paused');
    pair.write('srv/meanwhile', 'paused');
    const { round } = await migration.get();
    await migration.act('resume');
    await migration.until((view) => view.round > round);
    await waitFor('what was written meanwhile', () => pair.arrived('srv/meanwhile') !== null, 60_000);
    expect((await cutOver(migration)).verification).toMatchObject({ equal: true });
  });

  it('is not signed in to when it shows another key than before', async () => {
    const other = `SHA256:${'A'.repeat(43)}`;
    const validation = await platform.api<{ findings: { code: string; message: string }[] }>(
      'POST',
      '/v1/workspaces/default/migrations?validateOnly=true',
      {
        source: pair.endpoint('source', { hostKeys: [other] }),
        target: pair.endpoint('target'),
        spec: { kind: 'host', host: { targetDirectory: DIRECTORY } },
      },
    );
    expect(validation.findings).toContainEqual(expect.objectContaining({ code: 'HOST_KEY_CHANGED', subject: 'source' }));
    expect(pair.source.log()).not.toContain('Accepted');
    const migration = await begin();
    await following(migration);
    pair.within('target', 'rm /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key');
    await pair.target.kill();
    await pair.target.restart();
    await waitFor('the migration to say so', async () => JSON.stringify(await migration.get()).includes('HOST_KEY_CHANGED'), 120_000);
  });

  it('is reached through sudo, and says so when its password is wrong', async () => {
    const { user, password } = pair.source.mover;
    const location = { user, become: 'sudo' };
    const secret = { privateKeyPem: pair.source.privateKeyPem };
    const wrong = await platform.api<{ findings: object[] }>('POST', '/v1/workspaces/default/migrations?validateOnly=true', {
      source: pair.endpoint('source', location, { ...secret, becomePassword: 'not-it' }),
      target: pair.endpoint('target'),
      spec: { kind: 'host', host: { targetDirectory: DIRECTORY } },
    });
    expect(wrong.findings).toContainEqual(expect.objectContaining({ code: 'HOST_SUDO_REFUSED', subject: 'source' }));
    const migration = await begin(
      { stopServices: [] },
      {},
      { source: pair.endpoint('source', location, { ...secret, becomePassword: password }) },
    );
    await following(migration);
    expect((await cutOver(migration)).verification).toMatchObject({ equal: true });
    expect(JSON.stringify(await transcript(migration))).not.toContain(password);
  });

  it('is refused in one line when it is no Linux machine', async () => {
    await pair.source.stop();
    // As Windows answers whatever it is told.
    const answer = `ForceCommand echo "'LC_ALL' is not recognized as an internal or external command," >&2; exit 1`;
    const windows = await startHost({ name: 'windows', light: true, sshd: [answer] });
    pair = new HostPair(windows, pair.target);
    const { findings } = await platform.api<{ findings: object[] }>('POST', '/v1/workspaces/default/migrations?validateOnly=true', {
      source: pair.endpoint('source'),
      target: pair.endpoint('target'),
      spec: { kind: 'host', host: { targetDirectory: DIRECTORY } },
    });
    expect(findings).toMatchObject([{ code: 'HOST_NOT_LINUX', severity: 'blocker', subject: 'source' }]);
  });

  it('goes on without a file that cannot be read, once that is waived on the record', async () => {
    // Its root may do all but read what others let nobody read.
    const limited = 'command="exec setpriv --bounding-set -dac_override,-dac_read_search sh -c \\"$SSH_ORIGINAL_COMMAND\\"" ';
    const keys = join(pair.source.root, 'root/.ssh/authorized_keys');
    pair.within('source', 'cat >/root/.ssh/authorized_keys', limited + readFileSync(keys, 'utf8'));
    pair.within('source', 'mkdir -p /srv/app; echo secret >/srv/app/closed; echo open >/srv/app/open; chmod 0 /srv/app/closed');
    const exclude = ['/home', '/var', '/etc', '/srv/hostile'];
    const migration = await begin({ exclude, stopServices: [] });
    await following(migration);
    const failures = await migration.call<{ items: { id: string; unit: string; code: string }[] }>('GET', 'failures');
    expect(failures.items).toMatchObject([{ code: 'HOST_FILE_UNREADABLE' }]);
    expect(JSON.stringify(failures.items)).toContain('/srv/app/closed');
    await migration.call('POST', 'failures/resolve', { failureIds: [], resolution: 'waive', reason: 'a key that is made anew' });
    const cut = await cutOver(migration);
    expect(cut.verification).toMatchObject({ equal: true });
    expect(pair.arrived('srv/app/open')).toBe('open\n');
    expect(pair.arrived('srv/app/closed')).toBeNull();
  });
});
