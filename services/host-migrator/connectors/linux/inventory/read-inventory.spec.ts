import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf, startHost, whyNoHosts, type TestHost } from '@smartant/test-servers';
import type { HostSession } from '../session/host-session';
import { endpointOf, openTestSession } from '../testkit/host-endpoints';
import { discoverHost } from './discover-host';
import { readInventory } from './read-inventory';

describeIf(whyNoHosts(), 'a host', () => {
  let host: TestHost;
  let session: HostSession;
  const signal = AbortSignal.timeout(300_000);
  const within = (command: string) => execFileSync('nsenter', ['-t', String(host.pid()), '-a', 'sh', '-c', command]).toString();

  beforeAll(async () => {
    host = await startHost({ name: 'source-1' });
    ({ session } = await openTestSession(endpointOf(host), signal));
  });
  afterAll(async () => {
    session.close();
    await host.stop();
  });

  it('is read with one command', async () => {
    writeFileSync(join(host.root, 'etc/fstab'), '/dev/vda / ext4 defaults 0 1\n');
    mkdirSync(join(host.root, 'var/lib/postgresql/15/main'), { recursive: true });
    writeFileSync(join(host.root, 'var/lib/postgresql/15/main/PG_VERSION'), '15\n');
    // A program of that name in that directory is what a server looks like from outside.
    within('cp /usr/bin/sleep /usr/local/bin/postgres');
    const server = spawn('nsenter', ['-t', String(host.pid()), '-a', 'sh', '-c', 'cd /var/lib/postgresql/15/main && exec postgres 600'], {
      stdio: 'ignore',
    });
    try {
      while (!/postgres/.test(within('cat /proc/[0-9]*/comm || true'))) await new Promise((resolve) => setTimeout(resolve, 20));
      const { inventory, facts } = await readInventory(session, signal);
      expect(inventory).toMatchObject({
        hostname: 'source-1',
        os: { id: 'debian', versionId: '12' },
        interfaces: [{ name: 'eth0', addresses: [`${host.location.host}/30`], gateways: [host.network.gateway], up: true }],
        packages: { manager: 'dpkg' },
        databases: [{ product: 'postgresql', version: '15', dataDirectory: '/var/lib/postgresql/15/main' }],
        tools: { tar: expect.stringContaining('GNU tar'), find: expect.stringContaining('GNU findutils'), rsync: expect.any(String) },
      });
      expect(inventory.packages.count).toBeGreaterThan(100);
      expect(inventory.fileSystems.map(({ mount }) => mount)).toEqual(['/']);
      expect(inventory.fileSystems[0]!.usedBytes).toBeGreaterThan(0);
      expect(inventory.listeners).toContainEqual({ protocol: 'tcp', address: '0.0.0.0', port: 22, process: 'sshd' });
      expect(facts).toMatchObject({ userId: 0, unread: [], networkMounts: [] });
      expect(facts.tarAbilities).toEqual(expect.arrayContaining(['xattrs', 'acls', 'selinux', 'sparse', 'null']));
      expect(Math.abs(facts.clockMs - Date.now())).toBeLessThan(10_000);
    } finally {
      server.kill();
    }
  });

  it('is read without the tools that it lacks', async () => {
    within('cd /usr && mkdir /root/away && mv bin/lsblk sbin/blkid bin/ss bin/ip sbin/sfdisk bin/timeout /root/away');
    try {
      const { inventory, facts } = await readInventory(session, signal);
      expect(facts.unread).toContain('lsblk');
      expect(inventory.disks).toEqual([]);
      expect(inventory.interfaces).toEqual([expect.objectContaining({ name: 'eth0' })]);
      expect(inventory.listeners).toContainEqual({ protocol: 'tcp', address: '0.0.0.0', port: 22, process: '' });
    } finally {
      within('cd /root/away && mv lsblk ss ip timeout /usr/bin && mv blkid sfdisk /usr/sbin');
    }
  });

  it('shows its disks, filesystems and directories with sizes, page by page', async () => {
    const devices = await discoverHost(session, '', { pageSize: 0, pageToken: '' }, signal);
    expect(devices.items).toContainEqual({ path: '/', kind: 'filesystem', sizeBytes: expect.any(Number) });
    for (const name of ['a b', "it's", '\u00e9', 'new\nline']) {
      mkdirSync(join(host.root, 'srv/many', name), { recursive: true });
    }
    mkdirSync(Buffer.concat([Buffer.from(join(host.root, 'srv/many/')), Buffer.from([0xff, 0x41])]));
    writeFileSync(join(host.root, 'srv/many/a b/data'), Buffer.alloc(1_000_000, 1));
    const first = await discoverHost(session, '/srv/many/', { pageSize: 3, pageToken: '' }, signal);
    const second = await discoverHost(session, '/srv/many', { pageSize: 3, pageToken: first.nextPageToken }, signal);
    expect([...first.items, ...second.items].map(({ path }) => path)).toEqual([
      '/srv/many/a b',
      "/srv/many/it's",
      '/srv/many/new\nline',
      '/srv/many/\u00e9',
      '/srv/many/\\xffA',
    ]);
    expect(first.items[0]!.sizeBytes).toBeGreaterThan(1_000_000);
    expect(second.nextPageToken).toBe('');
    await expect(discoverHost(session, '/nowhere', { pageSize: 3, pageToken: '' }, signal)).rejects.toMatchObject({
      code: 'HOST_PATH_INVALID',
    });
  });
});
