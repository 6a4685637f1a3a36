import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf, startHost, whyNoHosts, type TestHost } from '@smartant/test-servers';
import type { HostEngine, HostJob } from '../../../application/ports/host-engine';
import type { HostScope } from '../../../domain/host-scope';
import type { ContentPlan, HostLayout } from '../../../domain/layout';
import { createHostEngine } from '../../connectors';
import { LoopVolume, whyNoLoops } from '../blocks/fixtures/loop-volume';
import { memoryJob, type MemoryJob } from '../files/fixtures/memory-job';
import { growFileSystems } from '../blocks/grow-filesystems';
import { endpointOf, openTestSession } from '../testkit/host-endpoints';

const MIB = 1024 * 1024;
const { signal } = new AbortController();
// On a busy machine each of them moves some hundred MiB in that.
jest.setTimeout(180_000);
const DISK = 'TARGET-1';
const ID = 'mig_0123456789abcdef0123456789abcdef';

/** What the target's disks look like: one, whose only partition is a device of ours. */
const lsblk = (device: string) => `#!/bin/sh
case "$*" in
*--json*) echo '{"blockdevices":[{"path":"${device}","size":${512 * MIB},"serial":"${DISK}","type":"disk","ro":false}]}' ;;
*MOUNTPOINT*) echo ;;
esac
`;

describeIf(whyNoHosts() ?? whyNoLoops(), 'the stages for volumes by their blocks, between two hosts', () => {
  let folder: string;
  let hosts: { source: TestHost; target: TestHost };
  let from: LoopVolume;
  let to: LoopVolume;
  let engine: HostEngine;

  beforeEach(async () => {
    const [source, target] = await Promise.all([startHost({ name: 'source' }), startHost({ name: 'target' })]);
    hosts = { source, target };
    folder = mkdtempSync(join(tmpdir(), 'smartant-rounds-'));
    from = LoopVolume.make(join(folder, 'source'), 192 * MIB);
    to = LoopVolume.make(join(folder, 'target'), 200 * MIB);
    from.makeFileSystem();
    from.mount();
    from.fill('kept', 60);
    from.unmount();
    showVolumes();
    writeFileSync(join(target.root, 'usr/local/bin/lsblk'), lsblk('/dev/sda'), { mode: 0o755 });
    engine = createHostEngine({ guard: {}, rescueFolder: '', startMs: 60_000 });
  });
  afterEach(async () => {
    await Promise.all([hosts.source.stop(), hosts.target.stop()]);
    from.remove();
    to.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const within = (host: TestHost, command: string) =>
    execFileSync('nsenter', ['-t', String(host.pid()), '-a', 'sh', '-c', command], { encoding: 'utf8' });
  const numberOf = ({ device }: LoopVolume) => `${statSync(device).rdev >> 8} ${statSync(device).rdev & 255}`;
  /** Devices of a host are gone when it was switched off. */
  function showVolumes(): void {
    within(hosts.source, `mknod /dev/vdb b ${numberOf(from)} && mkdir -p /data && mount /dev/vdb /data`);
    within(hosts.target, `[ -e /dev/sda1 ] || mknod /dev/sda1 b ${numberOf(to)}`);
  }

  function jobOf(scope: Partial<HostScope> = {}, changes: Partial<HostJob> = {}, type: 'ext4' | 'xfs' | 'btrfs' = 'ext4'): MemoryJob {
    const uuid = from.uuid();
    const content: ContentPlan = { kind: 'filesystem', type, uuid, label: '', mounts: [{ mount: '/data', subvolume: '' }] };
    const partition = { number: 1, sizeBytes: 200 * MIB, type: '83', name: '', bootable: false, content };
    const layout: HostLayout = {
      boot: 'bios',
      disks: [{ disk: DISK, sizeBytes: 512 * MIB, table: 'mbr', partitions: [partition] }],
      volumeGroups: [],
      excluded: [],
    };
    const job = memoryJob(
      { engine: 'blocks', direct: 'auto', confirmedDisks: [DISK], ...scope },
      { source: endpointOf(hosts.source), target: endpointOf(hosts.target), migrationId: ID, ...changes },
    );
    job.stored = { host: { inventory: { fileSystems: [{ mount: '/data', device: '/dev/vdb', type, uuid }] }, layout } };
    return job;
  }

  const expectArrived = () => {
    const files = (host: TestHost, point: string) => within(host, `cd ${point} && find . -type f -exec sha256sum {} +`);
    within(hosts.target, 'mkdir -p /mnt/look && mount -o noload,ro /dev/sda1 /mnt/look');
    expect(files(hosts.target, '/mnt/look')).toBe(files(hosts.source, '/data'));
    within(hosts.target, 'umount /mnt/look');
  };

  it.each(['auto', 'never'] as const)('carry, follow, hold still, prove and let go (direct: %s)', async (direct) => {
    const commands: string[] = [];
    const job = jobOf({ direct, compress: 'auto' }, { transcript: ({ command }) => void commands.push(command) });
    const { estimate, prediction } = await engine.stages.sync(job, signal);
    expect(job.messages).toContain(direct === 'auto' ? 'Data goes straight from source to target.' : 'a round has ended');
    expect(estimate!.bytes).toBe(job.ledger.copiedBytes);
    expect(estimate!.bytes).toBeLessThan(120 * MIB);
    expect(prediction).toMatchObject({ bytes: expect.any(Number) as number });
    within(hosts.source, 'dd if=/dev/urandom of=/data/late bs=1M count=3 status=none');
    const cutover = { ...job, phase: 'cutover' };
    await engine.stages.sync(cutover, signal);
    expect(job.ledger.copiedBytes - estimate!.bytes).toBeLessThan(60 * MIB);
    const { verification } = await engine.stages.verify(cutover, signal);
    expect(verification).toMatchObject({ equal: true, differenceCount: 0, sourceRoot: verification!.targetRoot });
    expectArrived();
    expect(commands.some((command) => command.includes('fsfreeze'))).toBe(true);
    within(hosts.source, 'touch /data/after');
    await engine.stages.release(job, signal);
    const left = 'find /run /dev/shm /var/tmp /tmp /root -name "*smartant*"; cat /root/.ssh/authorized_keys';
    expect(`${within(hosts.source, left)}${within(hosts.target, left)}`).not.toContain('smartant-mig');
  });

  it('sign in to nothing at the source while it is held still, whose sshd might wait for its log', async () => {
    const streams = 4;
    await engine.stages.sync(jobOf({ direct: 'auto', streams }), signal);
    within(hosts.source, 'dd if=/dev/urandom of=/data/late bs=1M count=110 status=none');
    const [all, signedIn] = [Promise.withResolvers<void>(), new Array<number>()];
    const admit = () => {
      signedIn.push(hosts.source.log().match(/Accepted/g)!.length);
      if (signedIn.length === streams) all.resolve();
      return all.promise;
    };
    await engine.stages.sync(jobOf({ direct: 'auto', streams }, { phase: 'cutover', admit }), signal);
    expect(signedIn.slice(0, streams)).toEqual(Array(streams).fill(signedIn[0]));
    expectArrived();
  });

  it('go on when the source was switched off in mid-stream', async () => {
    let switched: Promise<void> | undefined;
    const job = jobOf(
      { streams: 1 },
      {
        admit: async () => {
          switched ??= hosts.source
            .kill()
            .then(() => hosts.source.restart())
            .then(showVolumes);
          return Promise.resolve();
        },
      },
    );
    const first = await engine.stages.sync(job, signal).catch((error: unknown) => error);
    await switched;
    if (first instanceof Error) {
      expect(first).toMatchObject({ retryable: true });
      await engine.stages.sync(job, signal);
    }
    const cutover = { ...job, phase: 'cutover' };
    await engine.stages.sync(cutover, signal);
    await expect(engine.stages.verify(cutover, signal)).resolves.toMatchObject({ verification: { equal: true } });
    expectArrived();
  });

  it.each(['auto', 'never'] as const)('of a disk that cannot be read any more say so (direct: %s)', async (direct) => {
    // What lies behind the end of its file cannot be read.
    const job = jobOf({ direct }, { admit: async () => truncateSync(from.file, 8 * MIB) });
    await expect(engine.stages.sync(job, signal)).rejects.toMatchObject({
      code: 'HOST_VOLUME_UNREADABLE',
      retryable: false,
      details: { side: 'source', device: '/dev/vdb' },
    });
    if (direct === 'auto') expect(job.messages).toContain('Data goes straight from source to target.');
  });

  it.each(['xfs', 'btrfs'] as const)('of %s are held still, arrive and grow', async (type) => {
    within(hosts.source, 'umount /data');
    from.replace(320 * MIB);
    to.replace(400 * MIB);
    within(hosts.source, `mkfs.${type} -q -f /dev/vdb && mount /dev/vdb /data`);
    within(hosts.source, 'for i in 1 2 3 4 5; do dd if=/dev/urandom of=/data/$i bs=1M count=8 status=none; done; rm /data/3; sync');
    const job = jobOf({}, {}, type);
    await engine.stages.sync(job, signal);
    within(hosts.source, 'dd if=/dev/urandom of=/data/late bs=1M count=3 status=none');
    const cutover = { ...job, phase: 'cutover' };
    await engine.stages.sync(cutover, signal);
    await expect(engine.stages.verify(cutover, signal)).resolves.toMatchObject({ verification: { equal: true } });
    if (type === 'xfs') expect(job.messages).not.toContain('Which blocks of a volume are in use is not known: all are carried.');
    const files = (host: TestHost, point: string) => within(host, `cd ${point} && find . -type f -exec sha256sum {} + | sort`);
    const expected = files(hosts.source, '/data');
    expect(expected.split('\n')).toHaveLength(6);
    // One kernel mounts one filesystem of that name.
    within(hosts.source, 'umount /data');
    within(hosts.target, 'mkdir -p /mnt/look && mount /dev/sda1 /mnt/look');
    try {
      expect(files(hosts.target, '/mnt/look')).toBe(expected);
      const before = Number(within(hosts.target, 'stat -f -c %b /mnt/look'));
      const { session } = await openTestSession(endpointOf(hosts.target), signal);
      await growFileSystems({ warn: console.error }, session, [{ type, device: '/dev/sda1', point: '/mnt/look' }], signal);
      session.close();
      expect(Number(within(hosts.target, 'stat -f -c %b /mnt/look'))).toBeGreaterThan(before * 1.2);
    } finally {
      within(hosts.target, 'umount /mnt/look');
    }
  });
});
