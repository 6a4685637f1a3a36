import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf, startHost, whyNoHosts, type TestHost } from '@smartant/test-servers';
import type { HostSession } from '../session/host-session';
import { endpointOf, openTestSession } from '../testkit/host-endpoints';
import { scopeWith } from '../../../testkit/host-scope';
import { precheckHosts } from './precheck-hosts';

describeIf(whyNoHosts(), 'a precheck of two hosts', () => {
  let hosts: TestHost[];
  let sessions: HostSession[];
  const signal = AbortSignal.timeout(300_000);

  beforeAll(async () => {
    hosts = [await startHost({ name: 'source' }), await startHost({ name: 'target', mounts: [{ path: '/small', sizeMiB: 4 }] })];
    sessions = await Promise.all(hosts.map(async (host) => (await openTestSession(endpointOf(host), signal)).session));
  });
  afterAll(async () => {
    sessions.forEach((session) => session.close());
    await Promise.all(hosts.map((host) => host.stop()));
  });
  const check = (change = {}, location = hosts[1]!.location) =>
    precheckHosts({ source: sessions[0]!, target: { session: sessions[1]!, location } }, scopeWith(change), signal);
  const found = async (...asked: Parameters<typeof check>) =>
    (await check(...asked)).findings.map(({ severity, code }) => `${severity} ${code}`);

  it('finds the direct path, the bandwidth and the estimate, and leaves nothing behind', async () => {
    const before = hosts.map((host) => readdirSync(join(host.root, 'tmp')));
    const { findings, direct, bytesPerSecond, estimate, source, target } = await check({ targetDirectory: '/srv' });
    expect(direct).toBe(true);
    expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['HOST_DIRECT_PATH', 'HOST_BANDWIDTH']));
    expect(bytesPerSecond).toBeGreaterThan(1_000_000);
    expect(estimate.bytes).toBeGreaterThan(0);
    expect([source.inventory.hostname, target?.inventory.hostname]).toEqual(['source', 'target']);
    expect(hosts.map((host) => readdirSync(join(host.root, 'tmp')))).toEqual(before);
    expect(findings.filter(({ code }) => ['HOST_SAME_MACHINE', 'HOST_CLOCK_SKEW', 'HOST_NOT_ROOT'].includes(code))).toEqual([]);
  });

  it('says that data is relayed where the way is shut, or leads to another machine', async () => {
    const elsewhere = { ...hosts[1]!.location, port: 9 };
    expect(await found({ targetDirectory: '/srv' }, elsewhere)).toContain('note HOST_RELAYED');
    expect(await found({ targetDirectory: '/srv' }, { ...hosts[0]!.location, hostKeys: hosts[1]!.location.hostKeys })).toContain(
      'warning HOST_OTHER_TARGET',
    );
  });

  it('looks at the directory that is really there', async () => {
    expect(await found({ targetDirectory: '/nowhere' })).toContain('blocker HOST_DIRECTORY_MISSING');
    expect(await found({ targetDirectory: '/small' })).toContain('blocker HOST_DIRECTORY_TOO_SMALL');
    expect(await found({})).toContain('blocker HOST_TARGET_NOT_RESCUE');
  });

  it('sees one machine behind two addresses', async () => {
    const twice = await precheckHosts(
      { source: sessions[0]!, target: { session: sessions[0]!, location: hosts[0]!.location } },
      scopeWith(),
      signal,
    );
    expect(twice.findings).toContainEqual(expect.objectContaining({ severity: 'blocker', code: 'HOST_SAME_MACHINE', subject: 'both' }));
  });

  it('sees a user who does not become root', async () => {
    const host = hosts[0]!;
    const endpoint = endpointOf(host, { as: 'mover' });
    const { session } = await openTestSession({ ...endpoint, location: { ...host.location, user: 'mover', become: 'none' } }, signal);
    const { findings } = await precheckHosts({ source: session, target: null }, scopeWith(), signal);
    expect(findings).toContainEqual(expect.objectContaining({ severity: 'blocker', code: 'HOST_NOT_ROOT' }));
    session.close();
  });
});
