import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describeIf, startHost, whyNoHosts, type TestHost } from '@smartant/test-servers';
import type { HostEndpoint } from '../../../application/ports/host-engine';
import { endpointOf as endpointAs, openTestSession } from '../testkit/host-endpoints';
import { openHostSession, type HostSession } from '../session/host-session';
import { makeHostileTree } from './fixtures/hostile-tree';
import { memoryJob, type MemoryJob } from './fixtures/memory-job';
import { treeManifest } from './fixtures/tree-manifest';
import type { FilesOptions } from './files-options';
import { releaseFiles } from './release-files';
import { syncFiles } from './sync-files';
import { verifyFiles } from './verify-files';

const never = new AbortController().signal;
const SKIP = ['proc', 'tmp', 'var/tmp', 'lost+found'];
const MOUNT = { mount: '/', type: 'ext4' };

function endpointOf(id: string, host: TestHost): HostEndpoint {
  return { id, location: host.location, secret: () => Promise.resolve({ kind: 'ssh', privateKeyPem: host.privateKeyPem }) };
}

describeIf(whyNoHosts(), 'files of a host over SSH', () => {
  let hosts: { source: TestHost; target: TestHost };
  let sessions: HostSession[] = [];

  beforeEach(async () => {
    const [source, target] = await Promise.all([startHost({ name: 'source' }), startHost({ name: 'target' })]);
    hosts = { source, target };
    fs.mkdirSync(join(source.root, 'srv/tree'));
    fs.mkdirSync(join(target.root, 'mnt/target'));
  });

  afterEach(async () => {
    for (const session of sessions) session.close();
    sessions = [];
    await Promise.all([hosts.source.stop(), hosts.target.stop()]);
  });

  async function open(host: 'source' | 'target'): Promise<HostSession> {
    const session = await openHostSession(endpointOf(host, hosts[host]), { guard: {}, transcript: () => undefined, host }, never);
    sessions.push(session);
    return session;
  }

  const jobOver = (direct: 'auto' | 'never', changes: Partial<MemoryJob> = {}) =>
    memoryJob(
      { direct, compress: 'auto' },
      { source: endpointOf('source', hosts.source), target: endpointOf('target', hosts.target), ...changes },
    );
  const optionsOf = async (): Promise<FilesOptions> => ({
    source: await open('source'),
    target: await open('target'),
    sourceRoot: '/srv/tree',
    targetRoot: '/mnt/target',
    fileSystems: [MOUNT],
    exclude: [],
  });
  const tree = () => join(hosts.source.root, 'srv/tree');
  const expectSame = () => {
    expect(treeManifest(join(hosts.target.root, 'mnt/target'), SKIP)).toEqual(treeManifest(tree(), SKIP));
  };
  const within = (host: TestHost, command: string) =>
    execFileSync('nsenter', ['-t', String(host.pid()), '-a', 'sh', '-c', command], { encoding: 'utf8' });
  /** What it says arrives at 2 Mbit/s. */
  const slow = (host: TestHost) =>
    execFileSync('nsenter', [
      '-t',
      String(host.pid()),
      '-n',
      'tc',
      ...'qdisc add dev eth0 root tbf rate 2mbit burst 32k latency 1s'.split(' '),
    ]);
  const leftovers = (host: TestHost) =>
    within(host, 'cat /root/.ssh/authorized_keys; find /run /dev/shm /var/tmp /tmp /root -name "*smartant*" -exec find {} -type f \\;');

  it('goes straight from source to target, with a key that is good for this alone and does not stay', async () => {
    makeHostileTree(tree());
    const seen: string[] = [];
    const job = jobOver('auto', {
      count: ({ copiedFiles }) => {
        if (copiedFiles)
          seen.push(
            within(hosts.target, 'cat /root/.ssh/authorized_keys'),
            within(hosts.source, 'stat -c "%a %U" /run/.smartant-mig_test/key; stat -f -c %T /run'),
          );
      },
    });
    const options = await optionsOf();
    const result = await syncFiles(job, options, never);
    expect(job.messages).toEqual(['Data goes straight from source to target.']);
    expect(result.way).toBe('direct');
    expectSame();
    expect(seen[0]).toMatch(
      new RegExp(
        `restrict,from="${hosts.source.network.address}",command="sh /run/.smartant-mig_test/receive" ssh-ed25519 \\S+ .smartant-mig_test\\n`,
      ),
    );
    expect(seen[1]).toBe('600 root\ntmpfs\n');
    expect(within(hosts.target, 'cat /root/.ssh/authorized_keys')).not.toContain('smartant');
    expect(within(hosts.source, 'ls -A /run/.smartant-mig_test')).not.toContain('key');
    await expect(verifyFiles(job, { ...options, level: 'content' }, never)).resolves.toMatchObject({ equal: true, differenceCount: 0 });
    await releaseFiles(job.migrationId, options, never);
    expect(`${leftovers(hosts.source)}${leftovers(hosts.target)}`).not.toContain('smartant');
  });

  it('lets the key start nothing but what receives files', async () => {
    fs.writeFileSync(join(tree(), 'file'), 'x');
    const answers: string[] = [];
    const job = jobOver('auto', {
      count: ({ copiedFiles }) => {
        if (!copiedFiles) return;
        const ssh = `ssh -F /dev/null -i /run/.smartant-mig_test/key -o UserKnownHostsFile=/run/.smartant-mig_test/known_hosts ${hosts.target.location.host}`;
        answers.push(within(hosts.source, `${ssh} 'id; touch /pwned' 2>&1; echo $?; ${ssh} 2>/dev/null </dev/null; echo $?`));
      },
    });
    await syncFiles(job, await optionsOf(), never);
    expect(job.messages).toEqual(['Data goes straight from source to target.']);
    expect(answers).toEqual(['99\n99\n']);
    expect(fs.existsSync(join(hosts.target.root, 'pwned'))).toBe(false);
  });

  it('takes what an sshd tells everybody who signs in for no complaint', async () => {
    await hosts.target.stop();
    hosts.target = await startHost({ name: 'target', sshd: ['Banner /etc/legal'] });
    fs.writeFileSync(join(hosts.target.root, 'etc/legal'), 'Authorised use only.\nThis system is watched.\n');
    fs.mkdirSync(join(hosts.target.root, 'mnt/target'));
    fs.writeFileSync(join(tree(), 'file'), 'x');
    const job = jobOver('auto');
    expect(await syncFiles(job, await optionsOf(), never)).toMatchObject({ way: 'direct' });
    expectSame();
  });

  it('goes on over the connection that it has where the target takes no other', async () => {
    for (let i = 0; i < 40; i += 1) fs.writeFileSync(join(tree(), `big${i}`), Buffer.alloc(30_000_000, i));
    const options = await optionsOf();
    const run = options.target.run.bind(options.target);
    options.target.run = async (command, how) => {
      const done = await run(command, how);
      if (JSON.stringify(command).includes('restrict,from='))
        within(hosts.target, `sed -i 's/from="[^"]*"/from="203.0.113.1"/' /root/.ssh/authorized_keys`);
      return done;
    };
    const job = jobOver('auto');
    const result = await syncFiles(job, options, never);
    expect(result.way).toBe('direct');
    expect(job.messages).toEqual(['Data goes straight from source to target.']);
    expectSame();
    expect(within(hosts.target, 'cat /root/.ssh/authorized_keys')).not.toContain('smartant');
  });

  it.each([1, 2])('goes straight where a connection may carry little at once (MaxSessions %d)', async (sessions) => {
    await hosts.target.stop();
    hosts.target = await startHost({ name: 'target', sshd: [`MaxSessions ${sessions}`] });
    fs.mkdirSync(join(hosts.target.root, 'mnt/target'));
    for (let i = 0; i < 40; i += 1) fs.writeFileSync(join(tree(), `big${i}`), Buffer.alloc(30_000_000, i));
    const job = jobOver('auto');
    expect(await syncFiles(job, await optionsOf(), never)).toMatchObject({ way: 'direct' });
    expectSame();
    expect(job.messages).toEqual(['Data goes straight from source to target.']);
  });

  it.each([
    ['root', ''],
    ['mover', 'mover ALL=(ALL) ALL'],
    ['mover', 'Defaults requiretty\nmover ALL=(ALL) ALL'],
  ])('holds no connection between the hosts for longer than its own to them (%s, "%s")', async (as, sudoers) => {
    fs.writeFileSync(join(hosts.source.root, 'etc/sudoers'), `${sudoers}\n`, { mode: 0o440 });
    fs.writeFileSync(join(tree(), 'file'), 'x');
    const ssh = () => within(hosts.source, 'ps -eo args | grep "^ssh -F /dev/null" || true');
    const seen: string[] = [];
    let cut = () => {};
    const job = jobOver('auto', {
      count: ({ copiedFiles }) => {
        if (!copiedFiles) return;
        seen.push(ssh());
        cut();
      },
    });
    const { session: source } = await openTestSession(endpointAs(hosts.source, { as }), never);
    sessions.push(source);
    const options = { ...(await optionsOf()), source };
    cut = () => options.source.close();
    await expect(syncFiles(job, options, never)).rejects.toThrow();
    expect(seen.join()).toMatch(/ hold\n$/);
    const deadline = Date.now() + 30_000;
    while (ssh() !== '' && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ssh()).toBe('');
  });

  it('hears of each file that has gone, however slowly it hears', async () => {
    for (let i = 0; i < 6_000; i += 1) fs.writeFileSync(join(tree(), `${'file-that-has-gone-'.repeat(8)}${i}`), '');
    const job = jobOver('auto', {
      admit: async () => {
        if (!fs.existsSync(join(tree(), `${'file-that-has-gone-'.repeat(8)}0`))) return;
        for (const name of fs.readdirSync(tree())) fs.rmSync(join(tree(), name));
        slow(hosts.source);
      },
    });
    const { restlessFiles, copiedFiles, way } = await syncFiles(job, await optionsOf(), never);
    expect({ restlessFiles, copiedFiles, way }).toEqual({ restlessFiles: 6_000, copiedFiles: 0, way: 'direct' });
  });

  it('goes on where what holds its connections is killed, and leaves nothing of it', async () => {
    for (let i = 0; i < 36; i += 1) fs.writeFileSync(join(tree(), `big${i}`), Buffer.alloc(20_000_000, i));
    const options = await optionsOf();
    const ssh = () => within(hosts.source, 'ps -eo args | grep "^ssh -F /dev/null" || true');
    let killed = 0;
    const job = jobOver('auto', {
      admit: async () => {
        if (killed < 3 && ssh().includes('ControlMaster=no')) {
          killed += 1;
          within(hosts.source, `ps -eo pid,args | grep 'ssh -F /dev/null.* hold$' | grep -v grep | while read -r p x; do kill -9 $p; done`);
        }
      },
    });
    const result = await syncFiles(job, options, never);
    expect([killed, result.way]).toEqual([3, 'direct']);
    expect(job.messages).toContain('A stream broke; what it held is carried again.');
    expectSame();
    expect(ssh()).toBe('');
    expect(within(hosts.target, 'cat /root/.ssh/authorized_keys; ps -eo args | grep receive | grep -v grep || true')).not.toContain(
      'smartant',
    );
    await releaseFiles(job.migrationId, options, never);
    expect(`${leftovers(hosts.source)}${leftovers(hosts.target)}`).not.toContain('smartant');
    expect(within(hosts.source, 'find /run /dev/shm /var/tmp /tmp /root -name "*smartant*"')).toBe('');
  });

  it('goes through the migrator where the shell of the target says something as it starts, which would pass for complaints', async () => {
    makeHostileTree(tree());
    fs.writeFileSync(join(hosts.target.root, 'root/.bashrc'), 'echo "welcome to the target" >&2\n');
    const job = jobOver('auto');
    const result = await syncFiles(job, await optionsOf(), never);
    expect(result.way).toBe('relay');
    expect(job.messages.join()).toContain('source and target do not reach each other');
    expectSame();
    expect(within(hosts.target, 'cat /root/.ssh/authorized_keys')).not.toContain('smartant');
  });

  it('carries again what a script that is not there yet has swallowed', async () => {
    fs.writeFileSync(join(tree(), 'file'), 'x');
    const options = await optionsOf();
    const run = options.target.run.bind(options.target);
    let spoiled = false;
    options.target.run = async (command, how) => {
      const done = await run(command, how);
      if (!spoiled && JSON.stringify(command).includes('restrict,from=')) {
        spoiled = true;
        within(hosts.target, ': > /run/.smartant-mig_test/receive');
      }
      return done;
    };
    const job = jobOver('auto');
    const result = await syncFiles(job, options, never);
    expect([spoiled, result.way, job.messages]).toEqual([
      true,
      'direct',
      expect.arrayContaining(['A stream broke; what it held is carried again.']),
    ]);
    expectSame();
  });

  it('opens no way in a round without changes, and takes away the key that a crash has left', async () => {
    makeHostileTree(tree());
    const job = jobOver('auto');
    const options = await optionsOf();
    await syncFiles(job, options, never);
    const { since } = job.stored['files'] as { since: number };
    job.stored = { files: { since: since + 60, attempt: since + 120 } };
    const before = within(hosts.target, 'cat /root/.ssh/authorized_keys');
    within(hosts.target, 'echo "restrict ssh-ed25519 AAAA .smartant-mig_test" >> /root/.ssh/authorized_keys');
    within(hosts.source, 'touch /run/.smartant-mig_test/key');
    await expect(syncFiles(job, options, never)).resolves.toMatchObject({ way: null, copiedFiles: 0 });
    expect(job.messages).toEqual(['Data goes straight from source to target.']);
    expect(within(hosts.target, 'cat /root/.ssh/authorized_keys')).toBe(before);
    expect(within(hosts.source, 'ls -A /run/.smartant-mig_test')).not.toContain('key');
    expectSame();
  });

  it('goes through the migrator where source and target do not reach each other', async () => {
    makeHostileTree(tree());
    within(hosts.source, `ip route add blackhole ${hosts.target.location.host}/32`);
    const job = jobOver('auto');
    const result = await syncFiles(job, await optionsOf(), never);
    expect(result.way).toBe('relay');
    expectSame();
    expect(within(hosts.target, 'cat /root/.ssh/authorized_keys')).not.toContain('smartant');
  });

  it.each(['auto', 'never'] as const)('goes on when the source was switched off in mid-stream (direct: %s)', async (direct) => {
    for (let i = 0; i < 60; i += 1) fs.writeFileSync(join(tree(), `big${i}`), Buffer.alloc(4_000_000, i));
    const options = await optionsOf();
    let switched: Promise<void> | undefined;
    const job = jobOver(direct, {
      // In mid-stream: the limits are asked before each few files are read.
      admit: () => {
        switched ??= new Promise((resolve) => setTimeout(resolve, 50)).then(() => hosts.source.kill()).then(() => hosts.source.restart());
        return Promise.resolve();
      },
    });
    const first = await syncFiles(job, options, never).catch((error: unknown) => error);
    await switched;
    if (first instanceof Error) {
      expect(first).toMatchObject({ retryable: true });
      await syncFiles(job, await optionsOf(), never);
    }
    expectSame();
    await releaseFiles(job.migrationId, await optionsOf(), never);
  });

  it('reads a source that cannot be written to, and sorts its list elsewhere', async () => {
    makeHostileTree(tree());
    // A first round into an empty target would sort nothing; and now directories of ours are there that cannot be written to any more.
    await syncFiles(jobOver('auto'), await optionsOf(), never);
    within(hosts.source, 'mount -o remount,bind,ro /');
    await syncFiles(jobOver('auto'), await optionsOf(), never);
    expectSame();
  });
});
