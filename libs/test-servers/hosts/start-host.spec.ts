import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from '../describe-if';
import { whyNoHosts } from './host-system';
import { startHost, type TestHost } from './start-host';

describeIf(whyNoHosts(), 'a test host', () => {
  let host: TestHost;
  const within = (command: string) => execFileSync('nsenter', ['-t', String(host.pid()), '-a', 'sh', '-c', command]).toString();

  beforeAll(async () => {
    host = await startHost({ name: 'first', mounts: [{ path: '/small', sizeMiB: 4 }] });
  });
  afterAll(() => host.stop());

  it('has files, processes, mounts and a name of its own', () => {
    writeFileSync(join(host.root, 'srv/hello'), 'from outside');
    expect(within('cat /srv/hello; hostname')).toBe('from outsidefirst\n');
    expect(within('ls -d /proc/[0-9]*').trim().split('\n').length).toBeLessThan(10);
    expect(within('cat /proc/mounts')).not.toContain('/.outside');
    expect(within('stat -f -c %T:%b /small')).toMatch(/^tmpfs:1024/);
  });

  it('reaches another host, until its cable is pulled', async () => {
    const other = await startHost({ name: 'second' });
    try {
      expect(within(`ssh-keyscan -t ed25519 ${other.location.host} 2>/dev/null`)).toContain('ssh-ed25519');
      other.cut();
      expect(within(`ssh-keyscan -T 1 -t ed25519 ${other.location.host} 2>/dev/null || true`)).toBe('');
      other.mend();
      expect(within(`ssh-keyscan -t ed25519 ${other.location.host} 2>/dev/null`)).toContain('ssh-ed25519');
    } finally {
      await other.stop();
    }
    expect(existsSync(other.root)).toBe(false);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(other.root);
  });

  it('is light, for many at once: what it reads is no part of its own files', async () => {
    const light = await startHost({ name: 'light', light: true });
    try {
      const pid = String(light.pid());
      const root = execFileSync('nsenter', ['-t', pid, '-a', 'du', '-x', '-s', '-k', '/']).toString();
      expect(Number.parseInt(root, 10)).toBeLessThan(30_000);
      execFileSync('nsenter', ['-t', pid, '-a', 'sh', '-c', 'echo changed >/usr/bin/tar']);
      expect(within('tar --version')).toContain('GNU tar');
    } finally {
      await light.stop();
    }
  });

  it('is switched off and on again with what it had', async () => {
    writeFileSync(join(host.root, 'srv/kept'), 'kept');
    const before = host.pid();
    await host.kill();
    expect(existsSync(`/proc/${before}`)).toBe(false);
    await host.restart();
    expect(within('cat /srv/kept')).toBe('kept');
  });
});
