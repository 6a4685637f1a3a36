import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf, whyNoHosts } from '@smartant/test-servers';
import { DIRECTORY, HostPair, WRITER } from '../host/host-pair';
import { EmbeddedPlatform, waitFor, type CliResult } from '../platform/embedded-platform';

describeIf(whyNoHosts(), 'the command line with hosts', () => {
  const platform = new EmbeddedPlatform();
  const files = mkdtempSync(join(tmpdir(), 'smartant-e2e-cli-'));
  let pair: HostPair;
  let [source, target] = ['', ''];
  const keyFile = (side: 'source' | 'target') => join(files, `${side}-key`);

  beforeAll(async () => {
    [pair] = await Promise.all([HostPair.start(), platform.start()]);
    [source, target] = [`ssh://root@${pair.source.location.host}`, `ssh://root@${pair.target.location.host}`];
    for (const side of ['source', 'target'] as const) writeFileSync(keyFile(side), pair[side].privateKeyPem, { mode: 0o600 });
  }, 180_000);
  afterAll(async () => {
    await platform.dispose();
    await pair?.stop();
    rmSync(files, { recursive: true, force: true });
  });

  const identities = () => ['--source-identity', keyFile('source'), '--target-identity', keyFile('target')];
  const pins = () => ['--source-host-key', pair.source.location.hostKeys[0]!, '--target-host-key', pair.target.location.hostKeys[0]!];
  const into = (directory = DIRECTORY) => ['--target-directory', directory];
  const ready = () => [...identities(), ...pins(), ...into()];

  /** Whatever the command says, it is no stack and holds no secret. The user's own ~/.ssh is not looked at. */
  async function run(args: string[], environment: Record<string, string> = {}): Promise<CliResult> {
    const result = await platform.cli(args, { HOME: files, ...environment });
    expect(result.stdout + result.stderr).not.toMatch(/\n\s+at .+:\d+/);
    expect(result.stdout + result.stderr).not.toMatch(/b3BlbnNzaC1rZXk|typed-secret/);
    return result;
  }

  async function shown(id: string, state: string | RegExp): Promise<string> {
    let text = '';
    await waitFor(
      String(state),
      async () => (text = (await run(['migration', 'show', id])).stdout).search(state) >= 0,
      120_000,
      () => text,
    );
    return text;
  }

  it('migrate, cut over, finalize, and check the report', async () => {
    const unknown = await run(['migrate', source, target, ...identities(), ...into()]);
    expect(unknown.status).not.toBe(0);
    expect(unknown.stderr).toContain('CLI_HOST_KEY_UNKNOWN');
    expect(unknown.stderr).toContain(`--source-host-key ${pair.source.location.hostKeys[0]}`);
    expect(pair.source.log()).not.toContain('Accepted');

    const dry = await run(['migrate', source, target, ...ready(), '--dry-run']);
    expect(dry).toMatchObject({ status: 0, stdout: expect.stringContaining('Precheck passed; nothing was kept.') });
    pair.startWriter();
    const begun = await run(['migrate', source, target, ...ready(), '--stop-service', WRITER, '--round-interval', '1s']);
    const id = /mig_[0-9a-f]+/.exec(begun.stdout)?.[0] ?? '';
    expect(begun).toMatchObject({ status: 0 });
    await shown(id, /Last delta: +about [\d,]+ files?/);
    pair.write('srv/late', 'written between two rounds');
    await waitFor('a round', () => pair.arrived('srv/late') !== null, 60_000);

    const cut = await run(['migration', 'cutover', id, '--yes', '--watch']);
    expect(cut).toMatchObject({ status: 0, stdout: expect.stringMatching(/Verified: [\d,]+ files, .*equal at both sides/) });
    expect(pair.writerRuns()).toBe(false);
    expect(await shown(id, 'reversible / waiting')).toMatch(/Downtime: +\d/);
    const { source: from, target: to } = pair.trees('srv');
    expect(to).toEqual(from);
    const transcript = await run(['migration', 'transcript', id]);
    expect(transcript.stdout).toContain(`systemctl stop -- ${WRITER}`);
    expect((await run(['migration', 'finalize', id, '--yes'])).status).toBe(0);
    await shown(id, 'done / succeeded');

    const [report, key] = [join(files, 'report.json'), join(files, 'key.pem')];
    writeFileSync(report, (await run(['report', 'show', id, '-o', 'json'])).stdout);
    writeFileSync(key, platform.token.reportPublicKeyPem);
    const verified = await run(['report', 'verify', report, '--key', key]);
    expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining('PROVED: the target equals the source.') });
    expect(verified.stdout).toMatch(/Source frozen: +yes/);
    const envelope = JSON.parse(readFileSync(report, 'utf8')) as { payload: string };
    const statement = Buffer.from(envelope.payload, 'base64').toString();
    const forged = statement.replace('"equal":true', '"equal":true ');
    expect(forged).not.toBe(statement);
    writeFileSync(report, JSON.stringify({ ...envelope, payload: Buffer.from(forged).toString('base64') }));
    expect((await run(['report', 'verify', report, '--key', key])).status).not.toBe(0);
  }, 240_000);

  it.each<[string, () => { args: string[]; environment?: Record<string, string> }, string, RegExp]>([
    [
      'a password in the URL',
      () => ({ args: [source.replace('@', ':typed-secret@'), target, ...ready()] }),
      'CLI_SECRET_IN_ARGS',
      /--source-identity/,
    ],
    ['no key and no password', () => ({ args: [source, target, ...pins(), ...into()] }), 'CLI_CREDENTIALS_NOT_FOUND', /--source-identity/],
    [
      'a key file that is not there',
      () => ({ args: [source, target, ...ready(), '--source-identity', join(files, 'absent')] }),
      'CLI_FILE_UNREADABLE',
      /absent/,
    ],
    [
      'the public half of a key',
      () => {
        const half = join(files, 'half.pub');
        writeFileSync(half, 'ssh-ed25519 AAAA me\n', { mode: 0o600 });
        return { args: [source, target, ...ready(), '--source-identity', half] };
      },
      'CLI_FILE_UNREADABLE',
      /holds no private key/,
    ],
    [
      'the key of another',
      () => ({ args: [source, target, ...ready(), '--source-identity', keyFile('target')] }),
      'HOST_SIGN_IN_FAILED (source)',
      /root/,
    ],
    [
      'a wrong password',
      () => ({
        args: [source, target, '--target-identity', keyFile('target'), ...pins(), ...into()],
        environment: { SMARTANT_SOURCE_PASSWORD: 'typed-secret' },
      }),
      'HOST_SIGN_IN_FAILED (source)',
      /root/,
    ],
    [
      'a host that does not answer',
      () => ({ args: ['ssh://root@127.0.0.1:1', target, ...ready()] }),
      'HOST_UNREACHABLE (source)',
      /127\.0\.0\.1/,
    ],
    [
      'another key than the pinned one',
      () => ({ args: [source, target, ...identities(), ...into(), '--source-host-key', `SHA256:${'A'.repeat(43)}`, ...pins().slice(2)] }),
      'HOST_KEY_CHANGED (source)',
      /SHA256:/,
    ],
    [
      'a directory that is not there',
      () => ({ args: [source, target, ...identities(), ...pins(), ...into('/srv/nowhere')] }),
      'HOST_DIRECTORY_MISSING (target)',
      /\/srv\/nowhere/,
    ],
    [
      'a relative directory',
      () => ({ args: [source, target, ...identities(), ...pins(), ...into('new')] }),
      'spec.host.targetDirectory',
      /directory/,
    ],
    ['the same host twice', () => ({ args: [source, source, ...ready()] }), 'MIGRATION_SOURCE_IS_TARGET', /another/],
    ['a host without disks to write to', () => ({ args: [source, target, ...identities(), ...pins()] }), 'HOST_', /disk|rescue/i],
    [
      'an image outside of every root',
      () => ({ args: [source, 'image:/srv/new.qcow2', ...identities(), ...pins()] }),
      'CLI_PATH_NOT_REGISTERED',
      /smartant root add/,
    ],
    [
      'an image of an unknown format',
      () => ({ args: [source, 'image:new.iso', ...identities(), ...pins()] }),
      'CLI_ENDPOINT_INVALID',
      /qcow2/,
    ],
    ['a probe that is none', () => ({ args: [source, target, ...ready(), '--probe', 'ping'] }), 'CLI_USAGE', /tcp:PORT/],
    ['options of databases', () => ({ args: [source, target, ...ready(), '--schema', 'app'] }), 'CLI_USAGE', /--schema/],
  ])('refuses %s, and says what to do', async (_name, made, code, about) => {
    const { args, environment } = made();
    const result = await run(['migrate', ...args, '--dry-run'], environment);
    expect(result.status).not.toBe(0);
    const said = result.stdout + result.stderr;
    expect(said).toContain(code);
    expect(said).toMatch(about);
    expect(said).toContain('hint: ');
  });

  it('pins the key of a saved endpoint, speaks Chinese, and browses', async () => {
    const saved = await run(['endpoint', 'add', 'old', source, '--identity', keyFile('source')]);
    expect(saved.status).toBe(0);
    const untrusted = await run(['endpoint', 'test', 'old']);
    expect(untrusted.status).not.toBe(0);
    expect(untrusted.stdout + untrusted.stderr).toContain('HOST_KEY_UNKNOWN');
    expect(untrusted.stdout + untrusted.stderr).toContain('smartant endpoint trust');
    const trusted = await run(['endpoint', 'trust', 'old', '--host-key', pair.source.location.hostKeys[0]!]);
    expect(trusted.status).toBe(0);
    const tested = await run(['endpoint', 'test', 'old'], { LANG: 'zh_CN.UTF-8' });
    expect(tested).toMatchObject({ status: 0, stdout: expect.stringContaining('old 连接正常') });
    expect((await run(['endpoint', 'browse', 'old', '/etc'])).stdout).toContain('/etc/ssh');
  });

  it('imports a list of hosts, which is migrated at once, and changes nothing the second time', async () => {
    mkdirSync(join(pair.target.root, 'srv/listed'), { recursive: true });
    const list = join(files, 'hosts.csv');
    const [from, to] = [pair.source.location, pair.target.location];
    writeFileSync(
      list,
      [
        'name,source,target,source_identity,target_identity,source_host_key,target_host_key,target_directory,exclude',
        `listed,${source},${target},${keyFile('source')},${keyFile('target')},${from.hostKeys[0]},${to.hostKeys[0]},/srv/listed,/var/lib`,
        `lost,ssh://root@127.0.0.1:1,${target},${keyFile('source')},${keyFile('target')},${from.hostKeys[0]},${to.hostKeys[0]},/srv/listed,`,
        '',
      ].join('\n'),
    );
    const imported = await run(['hosts', 'import', list]);
    expect(imported.status).not.toBe(0);
    expect(imported.stdout).toMatch(/listed: created (mig_[0-9a-f]+)/);
    expect(imported.stdout).toMatch(/line 3, lost: .*HOST_UNREACHABLE/);
    const id = /listed: created (mig_[0-9a-f]+)/.exec(imported.stdout)![1]!;
    await shown(id, 'incremental / ');
    await waitFor('the files', () => existsSync(join(pair.target.root, 'srv/listed/etc/hostname')), 60_000);
    expect((await run(['hosts', 'import', list])).stdout).toContain(`listed: is there already (${id})`);
    await run(['migration', 'cancel', id, '--yes']);
    await shown(id, 'cancelled');
  }, 240_000);
});
