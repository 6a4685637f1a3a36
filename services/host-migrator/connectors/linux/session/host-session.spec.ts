import { execFileSync } from 'node:child_process';
import crypto, { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { inspect } from 'node:util';
import { abortable, createEgressGuard } from '@smartant/platform/egress';
import { describeIf, startBastion, startHost, whyNoHosts, type TestHost } from '@smartant/test-servers';
import { endpointOf, openTestSession } from '../testkit/host-endpoints';
import { openHostSession, type HostSession } from './host-session';

describeIf(whyNoHosts(), 'a session at a host', () => {
  let host: TestHost;
  const sessions: HostSession[] = [];
  const signal = AbortSignal.timeout(600_000);
  const open = async (options?: Parameters<typeof endpointOf>[1], change: object = {}) => {
    const endpoint = endpointOf(host, options);
    const opened = await openTestSession(
      { ...endpoint, location: { ...endpoint.location, ...change } as typeof endpoint.location },
      signal,
    );
    sessions.push(opened.session);
    return opened;
  };
  /** Command lines of the host's processes, as this machine sees them. */
  const running = (what: string) =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => commandOf(pid).startsWith(what));

  beforeAll(async () => {
    host = await startHost();
  });
  afterEach(() => sessions.splice(0).forEach((session) => session.close()));
  afterAll(() => host.stop());

  it('runs commands with hostile arguments, input and a transcript without secrets', async () => {
    const { session, transcript } = await open();
    const hostile = ["it's", '$(touch /tmp/owned)', '`id`', 'a\nb', '-n', '', '\\', '\u00e9', '*'];
    const { stdout } = await session.run(['printf', '%s|', ...hostile], { signal });
    expect(stdout.toString()).toBe(`${hostile.join('|')}|`);
    expect((await session.run(['cat'], { signal, stdin: 'never told' })).stdout.toString()).toBe('never told');
    expect((await session.run(['sh', '-c', 'exit 3'], { signal, okCodes: [3] })).exitCode).toBe(3);
    await expect(session.run(['ls', '/nowhere'], { signal })).rejects.toMatchObject({
      code: 'HOST_COMMAND_FAILED',
      details: { exitCode: '2' },
    });
    expect(transcript.map(({ command, exitCode }) => [command.slice(0, 12), exitCode]).slice(1)).toEqual([
      ["printf '%s|'", 0],
      ['cat', 0],
      ["sh -c 'exit ", 3],
      ['ls /nowhere', 2],
    ]);
    expect(JSON.stringify(transcript)).not.toContain('never told');
  });

  it('tells what is wrong with a disk by its code', async () => {
    const { session } = await open();
    const failing = (text: string) => session.run(['sh', '-c', `echo 'tar: x: ${text}' >&2; exit 2`], { signal });
    await expect(failing('No space left on device')).rejects.toMatchObject({ code: 'HOST_DISK_FULL', retryable: false });
    await expect(failing('Read-only file system')).rejects.toMatchObject({ code: 'HOST_READ_ONLY' });
  });

  it('signs in to nothing whose key is not pinned, and shows the key', async () => {
    const before = host.log().match(/Accepted/g)?.length ?? 0;
    const { hostKeys } = host.location;
    await expect(open({}, { hostKeys: [] })).rejects.toMatchObject({
      code: 'HOST_KEY_UNKNOWN',
      details: { hostKey: hostKeys[0], keyType: 'ssh-ed25519' },
    });
    await expect(open({}, { hostKeys: ['SHA256:other'] })).rejects.toMatchObject({
      code: 'HOST_KEY_CHANGED',
      details: { hostKey: hostKeys[0] },
    });
    expect(host.log().match(/Accepted/g)?.length ?? 0).toBe(before);
  });

  it('takes a pin of any of the kinds of keys that the host has', async () => {
    for (const type of ['ecdsa', 'rsa']) {
      const key = Buffer.from(readFileSync(join(host.root, `etc/ssh/ssh_host_${type}_key.pub`), 'utf8').split(' ')[1]!, 'base64');
      const pin = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
      const { session } = await open({}, { hostKeys: [pin] });
      expect(session.facts).toMatchObject({ hostKey: pin, weakAlgorithms: [] });
    }
  });

  it('says what it was refused with', async () => {
    const endpoint = endpointOf(host);
    const wrong = (secret: object, change: object = {}) =>
      openTestSession(
        {
          ...endpoint,
          location: { ...endpoint.location, ...change } as typeof endpoint.location,
          secret: async () => ({ kind: 'ssh', ...secret }),
        },
        signal,
      );
    await expect(wrong({ password: 'no' })).rejects.toMatchObject({ code: 'HOST_SIGN_IN_FAILED' });
    await expect(wrong({ privateKeyPem: 'no key' })).rejects.toMatchObject({ code: 'HOST_PRIVATE_KEY_INVALID' });
    await expect(wrong({}, { port: 1 })).rejects.toMatchObject({ code: 'HOST_UNREACHABLE', retryable: true });
    const { session } = await wrong({ password: host.mover.password }, { user: 'mover' });
    expect((await session.run(['id', '-un'], { signal })).stdout.toString()).toBe('mover\n');
    session.close();
  });

  it('takes keys in OpenSSH and PEM form, with their passphrases', async () => {
    const authorized = join(host.root, 'root/.ssh/authorized_keys');
    const before = readFileSync(authorized, 'utf8');
    const endpoint = endpointOf(host);
    for (const form of [
      ['-t', 'ed25519'],
      ['-t', 'rsa', '-m', 'PEM'],
      ['-t', 'ecdsa', '-m', 'PKCS8'],
    ]) {
      const folder = mkdtempSync(join(tmpdir(), 'smartant-key-'));
      execFileSync('ssh-keygen', ['-q', ...form, '-N', 'let me in', '-f', join(folder, 'key')]);
      writeFileSync(authorized, readFileSync(join(folder, 'key.pub')));
      const privateKeyPem = readFileSync(join(folder, 'key'), 'utf8');
      rmSync(folder, { recursive: true });
      const open = (passphrase: string) =>
        openTestSession({ ...endpoint, secret: async () => ({ kind: 'ssh', privateKeyPem, passphrase }) }, signal);
      (await open('let me in')).session.close();
      const error = (await open('wrong').catch((raised: unknown) => raised)) as Error;
      expect(error).toMatchObject({ code: 'HOST_PRIVATE_KEY_INVALID' });
      expect(inspect(error, { depth: 9 })).not.toMatch(/wrong|BEGIN/);
    }
    writeFileSync(authorized, before);
  });

  it('reaches no address that the guard of the network denies', async () => {
    const guard = createEgressGuard({ allowLoopback: false, allow: [], deny: ['10.200.0.0/14'] });
    const opening = openHostSession(endpointOf(host), { guard, transcript: () => undefined, host: 'source' }, signal);
    await expect(opening).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
  });

  it('goes over a bastion', async () => {
    const bastion = await startBastion({ password: 'pw' });
    try {
      const via = [{ kind: 'ssh' as const, host: '127.0.0.1', port: bastion.port, user: 'jump', hostKeys: [bastion.fingerprint] }];
      const endpoint = endpointOf(host);
      const secret = { kind: 'ssh' as const, privateKeyPem: host.privateKeyPem, network: { ways: [{ password: 'pw' }] } };
      const { session } = await openTestSession({ ...endpoint, location: { ...host.location, via }, secret: async () => secret }, signal);
      expect((await session.run(['hostname'], { signal })).stdout.toString()).toBe('host\n');
      session.close();
      expect(bastion.asked).toContain(`${host.location.host}:22`);
    } finally {
      await bastion.close();
    }
  });

  describe('as a user who becomes root by sudo', () => {
    const sudoers = (rules: string) => writeFileSync(join(host.root, 'etc/sudoers'), `${rules}\n`);
    const whoami = async (session: HostSession) =>
      (await session.run(['sh', '-c', 'id -u; cat'], { signal, stdin: 'input' })).stdout.toString();

    it.each([
      ['with a password', 'mover ALL=(ALL) ALL'],
      ['without one', 'mover ALL=(ALL) NOPASSWD: ALL'],
      ['where sudo wants a terminal', 'Defaults requiretty\nmover ALL=(ALL) ALL'],
      ['where sudo makes a terminal', 'Defaults use_pty\nmover ALL=(ALL) ALL'],
    ])('%s, its input stays what it was', async (_name, rules) => {
      sudoers(rules);
      const { session, transcript } = await open({ as: 'mover' });
      expect(await whoami(session)).toBe('0\ninput');
      expect(await whoami(session)).toBe('0\ninput');
      expect((await session.run(['id', '-u'], { signal, root: false })).stdout.toString()).toBe('1000\n');
      const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7 + (at >> 8)) & 255));
      expect((await session.run(['cat'], { signal, stdin: bytes })).stdout.equals(bytes)).toBe(true);
      expect(JSON.stringify(transcript)).not.toContain(host.mover.password);
    });

    it('is told at once when the password is wrong or there is no rule', async () => {
      sudoers('mover ALL=(ALL) ALL');
      const { session } = await open({ as: 'mover', becomePassword: 'wrong' });
      await expect(whoami(session)).rejects.toMatchObject({
        code: 'HOST_SUDO_REFUSED',
        message: expect.stringContaining('did not accept the password'),
      });
      sudoers('root ALL=(ALL) ALL');
      const { session: ruleless } = await open({ as: 'mover' });
      await expect(whoami(ruleless)).rejects.toMatchObject({ code: 'HOST_SUDO_REFUSED' });
      expect(running('sudo')).toEqual([]);
    });

    it('ends what runs as root', async () => {
      for (const rules of ['mover ALL=(ALL) ALL', 'Defaults use_pty\nmover ALL=(ALL) ALL']) {
        sudoers(rules);
        const { session } = await open({ as: 'mover' });
        const stop = new AbortController();
        const done = session.run(['sh', '-c', 'sleep 4321 & sleep 4322'], { signal: stop.signal });
        done.catch(() => undefined);
        await until(() => running('sleep 432').length === 2);
        stop.abort(new Error('enough'));
        await expect(done).rejects.toThrow('enough');
        expect(running('sleep 432')).toEqual([]);
      }
    });
  });

  it('ends a command with all that it started: aborted, too slow, too loud, or no longer read', async () => {
    const { session } = await open();
    const sleepers = ['sh', '-c', 'trap "" TERM; sleep 4323 & sleep 4323'];
    await expect(session.run(sleepers, { signal, timeoutMs: 300 })).rejects.toMatchObject({
      code: 'HOST_COMMAND_TIMEOUT',
      retryable: true,
    });
    expect(running('sleep 4323')).toEqual([]);
    await expect(session.run(['yes', 'loud'], { signal, maxOutputBytes: 1_000 })).rejects.toMatchObject({ code: 'HOST_OUTPUT_TOO_LARGE' });
    expect(running('yes\0loud')).toEqual([]);
    const { stdout, done } = await session.stream(['yes', 'unread'], { signal, apart: true });
    stdout.destroy();
    await done.catch(() => undefined);
    expect(running('yes\0unread')).toEqual([]);
    const killed = await session.stream({ pipeline: [['yes', 'killed'], ['cat']] }, { signal });
    killed.kill();
    killed.stdout.resume();
    await killed.done.catch(() => undefined);
    expect(running('yes\0killed')).toEqual([]);
  });

  it('holds the other side back in both directions', async () => {
    const { session } = await open();
    const slow = await session.stream(['cat', '/dev/zero'], { signal, apart: true });
    await until(() => slow.stdout.readableLength > 0);
    const { stdout } = await session.run(['sh', '-c', 'sleep 0.3; cat /proc/$(pgrep -x cat)/io'], { signal });
    expect(Number(/^wchar: (\d+)/m.exec(stdout.toString())![1])).toBeLessThan(16 * 1024 * 1024);
    slow.stdout.destroy();
    const full = await session.stream(['sleep', '4324'], { signal, apart: true });
    let written = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536, (written += 65_536) & 1);
      })(),
    );
    const feeding = pipeline(endless, full.stdin).catch((error: { code?: string }) => error.code);
    const settled = await stable(() => written);
    expect(settled).toBeLessThan(8 * 1024 * 1024);
    full.kill();
    expect(await feeding).toBe('EPIPE');
  });

  it('carries bulk data whole, on more channels than a connection may have', async () => {
    const { session } = await open();
    const bytes = 20_000_000;
    const sums = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const { stdout, stdin, done } = await session.stream(['head', '-c', String(bytes), '/dev/zero'], {
          signal,
          apart: index % 2 === 0,
        });
        stdin.end();
        let read = 0;
        for await (const chunk of stdout as AsyncIterable<Buffer>) read += chunk.length;
        expect((await done).exitCode).toBe(0);
        return read;
      }),
    );
    expect(new Set(sums)).toEqual(new Set([bytes]));
  });

  it('says that a connection was lost, never that a cut stream has ended, and makes another', async () => {
    const { session } = await open();
    const { stdout, done } = await session.stream(['cat', '/dev/zero'], { signal });
    const reading = (async () => {
      for await (const _ of stdout as AsyncIterable<Buffer>);
    })();
    reading.catch(() => undefined);
    await host.kill();
    await host.restart();
    await expect(done).rejects.toMatchObject({ code: 'HOST_CONNECTION_LOST', retryable: true });
    await expect(reading).rejects.toMatchObject({ code: 'HOST_CONNECTION_LOST' });
    expect((await session.run(['echo', 'again'], { signal })).stdout.toString()).toBe('again\n');
  });

  it('refuses a login shell that runs nothing, and one that talks', async () => {
    writeFileSync(join(host.root, 'root/.bashrc'), 'echo welcome\n');
    await expect(open()).rejects.toMatchObject({ code: 'HOST_SHELL_UNFIT', message: expect.stringContaining('welcome') });
    writeFileSync(join(host.root, 'root/.bashrc'), '');
    const passwd = readFileSync(join(host.root, 'etc/passwd'), 'utf8');
    writeFileSync(join(host.root, 'etc/passwd'), passwd.replace(/^(root:.*):[^:]*$/m, '$1:/usr/sbin/nologin'));
    await expect(open()).rejects.toMatchObject({ code: 'HOST_SHELL_UNFIT' });
    writeFileSync(join(host.root, 'etc/passwd'), passwd);
  });
});

describeIf(whyNoHosts(), 'a session at a server that asks questions', () => {
  it('answers with the password', async () => {
    const host = await startHost({
      sshd: ['UsePAM yes', 'KbdInteractiveAuthentication yes', 'PasswordAuthentication no', 'PubkeyAuthentication no'],
    });
    const signal = AbortSignal.timeout(60_000);
    const endpoint = endpointOf(host, { as: 'mover' });
    const open = (password: string) => openTestSession({ ...endpoint, secret: async () => ({ kind: 'ssh', password }) }, signal);
    try {
      const { session } = await open(host.mover.password);
      expect((await session.run(['id', '-u'], { signal })).stdout.toString()).toBe('0\n');
      session.close();
      await expect(open('wrong')).rejects.toMatchObject({ code: 'HOST_SIGN_IN_FAILED', retryable: false });
    } finally {
      await host.stop();
    }
  });
});

describeIf(whyNoHosts(), 'a session whose keys are exchanged again and again', () => {
  it('carries bulk data whole, and wraps the keys of each exchange', async () => {
    const host = await startHost({ sshd: ['RekeyLimit 2M'] });
    const signal = AbortSignal.timeout(60_000);
    try {
      const wrapped = jest.spyOn(crypto, 'createSecretKey');
      const { session } = await openTestSession(endpointOf(host), signal);
      const sent = randomBytes(8_000_000);
      const { stdout, stdin, done } = await session.stream(['cat'], { signal });
      const chunks: Buffer[] = [];
      await Promise.all([
        pipeline(Readable.from([sent]), stdin),
        (async () => {
          for await (const chunk of stdout as AsyncIterable<Buffer>) chunks.push(chunk);
        })(),
      ]);
      expect((await done).exitCode).toBe(0);
      expect(Buffer.concat(chunks).equals(sent)).toBe(true);
      // Two for each exchange: one to be signed in, and several since.
      expect(wrapped.mock.calls.length).toBeGreaterThan(4);
      session.close();
    } finally {
      await host.stop();
    }
  });
});

describeIf(whyNoHosts(), 'a session at an SSH server with few sessions', () => {
  it('runs one command after the other where a connection may carry one', async () => {
    const host = await startHost({ sshd: ['MaxSessions 1'] });
    const signal = AbortSignal.timeout(60_000);
    try {
      const { session } = await openTestSession(endpointOf(host), signal);
      const said: string[] = [];
      // The server may not have noticed yet that the one before has ended.
      for (let number = 0; number < 60; number += 1) said.push((await session.run(['echo', String(number)], { signal })).stdout.toString());
      expect(said.join('')).toBe(Array.from({ length: 60 }, (_, number) => `${number}\n`).join(''));
      session.close();
    } finally {
      await host.stop();
    }
  });

  it.each([1, 2])('runs and ends many at once (MaxSessions %d)', async (sessions) => {
    const host = await startHost({ sshd: [`MaxSessions ${sessions}`] });
    const signal = AbortSignal.timeout(60_000);
    try {
      const { session } = await openTestSession(endpointOf(host), signal);
      const inTurn = async () => {
        for (let number = 0; number < 25; number += 1) await session.run(['true'], { signal });
      };
      await Promise.all(Array.from({ length: 4 }, inTurn));
      const given = new AbortController();
      const sleeping = await Promise.all(Array.from({ length: 3 }, () => session.stream(['sleep', '300'], { signal: given.signal })));
      given.abort(new Error('given up'));
      const ends = Promise.allSettled(sleeping.map(({ done }) => done));
      expect((await abortable(ends, AbortSignal.timeout(10_000))).map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
      session.close();
    } finally {
      await host.stop();
    }
  });
});

describeIf(whyNoHosts(), 'a session at an old SSH server', () => {
  it('uses weak algorithms where there is nothing else, and tells them', async () => {
    const host = await startHost({
      sshd: [
        'KexAlgorithms diffie-hellman-group14-sha1',
        'HostKeyAlgorithms ssh-rsa',
        'Ciphers aes128-cbc',
        'MACs hmac-sha1',
        'MaxSessions 2',
      ],
    });
    const signal = AbortSignal.timeout(60_000);
    try {
      const endpoint = endpointOf(host);
      const found = (await openTestSession({ ...endpoint, location: { ...host.location, hostKeys: [] } }, signal).catch(
        (error: unknown) => error,
      )) as {
        details: Record<string, string>;
      };
      const { session } = await openTestSession(
        { ...endpoint, location: { ...host.location, hostKeys: [found.details['hostKey']!] } },
        signal,
      );
      expect(session.facts.weakAlgorithms).toEqual(['diffie-hellman-group14-sha1', 'ssh-rsa', 'aes128-cbc', 'hmac-sha1']);
      const outputs = await Promise.all([1, 2, 3, 4].map((number) => session.run(['echo', String(number)], { signal })));
      expect(outputs.map(({ stdout }) => stdout.toString().trim())).toEqual(['1', '2', '3', '4']);
      session.close();
    } finally {
      await host.stop();
    }
  });
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').replaceAll('sleep\0', 'sleep ');
  } catch {
    return '';
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** The value, once it has stayed the same for half a second. */
async function stable(value: () => number): Promise<number> {
  for (let before = -1; ;) {
    const now = value();
    if (now === before) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
