import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEgressGuard } from '@smartant/platform/egress';
import { describeIf } from '@smartant/test-servers';
import type { HostEndpoint } from '../../../application/ports/host-engine';
import { bootFailures } from '../../../domain/boot-proof';
import type { HealthProbe, PostAction } from '../../../domain/host-scope';
import { proposeLayout } from '../../../domain/propose-layout';
import { applyLayout } from '../layout/apply-layout';
import { mountLayout, unmountLayout } from '../layout/mount-layout';
import { listTargetDisks, resolveDisks } from '../layout/target-disks';
import { startAppliance } from '../rescue/appliance';
import { cloneImage, commitClone, createImage, type DiskImage } from '../rescue/disk-image';
import { defaultQemuSettings, type QemuSettings } from '../rescue/qemu-settings';
import { readRescueFiles } from '../rescue/rescue-files';
import { makeRescueKeys } from '../rescue/rescue-seed';
import { openHostSession, type HostSession } from '../session/host-session';
import { bootImage } from './boot-image';
import { convert, unconvert, type Conversion } from './convert';
import { DISK_DRIVERS } from './plan-initramfs';
import { rescueFolder, whyNoMachines } from './testkit/boot-parts';
import { whyNotAsked } from './testkit/migrated-machines';
import { DATA_UUID, layDownSource, ROOT_UUID, sourceFilesDisk, sourceInventory } from './testkit/source-machine';

const MINUTE = 60_000;
const GIB = 1024 ** 3;
const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: [] });
const open = (endpoint: HostEndpoint, signal: AbortSignal) =>
  openHostSession(endpoint, { guard, transcript: () => undefined, host: 'target' }, signal);
const say = (text: string) => process.stderr.write(`  ${new Date().toISOString().slice(11, 19)} ${text}\n`);

const probes: HealthProbe[] = [
  { kind: 'ssh', timeoutMs: 5 * MINUTE },
  { kind: 'http', port: 80, path: '/', expectStatus: 200, expectText: 'moved by smartant', timeoutMs: 3 * MINUTE },
  { kind: 'mount', mount: '/data', timeoutMs: 2 * MINUTE },
  { kind: 'service', name: 'writer', timeoutMs: 2 * MINUTE },
];
const look =
  'getent hosts localhost; ip -o link; readlink -f /etc/systemd/system/open-vm-tools.service; cat /proc/cmdline; systemctl --failed --no-legend; ls /data/fixtures | wc -l; stat -c "%h %u %a" /data/fixtures/linked-1 /data/fixtures/owned; getcap /data/fixtures/capable; getfacl -cpn /data/fixtures/acl; getfattr -n user.note --only-values --absolute-names /data/fixtures/attributed';
const actions: PostAction[] = [
  { name: 'look around', script: look, timeoutMs: MINUTE, required: true },
  { name: 'fail', script: '#!/bin/bash\necho out; echo err >&2; exit 3', timeoutMs: MINUTE, required: false },
  { name: 'sleep', script: 'sleep 100', timeoutMs: 1_000, required: false },
];

describeIf(whyNoMachines() ?? whyNotAsked('parts'), 'a target that is made bootable', () => {
  const { signal } = new AbortController();
  const keys = makeRescueKeys();
  let folder: string;
  let settings: QemuSettings;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'smartant-boot-'));
    settings = await defaultQemuSettings();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function inRescue<T>(disk: DiskImage, serial: string, work: (session: HostSession) => Promise<T>): Promise<T> {
    const files = await readRescueFiles(rescueFolder());
    const disks = [{ ...disk, serial }, sourceFilesDisk()];
    const appliance = await startAppliance({ name: `rescue-${serial}`, folder, disks, files, settings, timeoutMs: 5 * MINUTE }, signal);
    say(`the rescue system answered after ${appliance.startedAfterMs} ms (${appliance.acceleration})`);
    try {
      const session = await open(appliance.endpoint, signal);
      const result = await work(session);
      await appliance.stop(session, signal);
      return result;
    } finally {
      await appliance.kill();
    }
  }

  const order = (
    boot: 'bios' | 'uefi',
    root: string,
    bootDevice: string,
    keepOriginals: boolean,
    layout: ReturnType<typeof proposeLayout>['layout'],
  ) => ({
    inventory: sourceInventory(boot),
    layout,
    wishes: {
      network: [],
      machineId: 'new' as const,
      sshHostKeys: 'new' as const,
      hostname: 'moved',
      disableGuestTools: true,
      serialConsole: true,
      excludeMounts: [],
    },
    root,
    bootDevice,
    targetMacs: [],
    labelsKept: true,
    drivers: DISK_DRIVERS,
    keepOriginals,
  });

  async function startResult(disk: DiskImage, boot: 'bios' | 'uefi', conversion: Conversion) {
    const user = {
      user: 'root',
      become: 'none' as const,
      hostKeys: conversion.hostKeys,
      secret: async () => ({ kind: 'ssh' as const, privateKeyPem: keys.clientPrivateKey }),
    };
    const machine = {
      name: `result-${boot}`,
      folder,
      disk: { ...disk, serial: 'result' },
      boot,
      settings,
      user,
      probes,
      actions,
      timeoutMs: 8 * MINUTE,
    };
    const proof = await bootImage(machine, open, signal);
    say(`the result answered after ${proof.answeredAfterMs} ms`);
    if (bootFailures(proof, actions).length > 0)
      process.stderr.write(`${JSON.stringify({ ...proof, console: proof.console.slice(-3_000) }, null, 2)}\n`);
    return proof;
  }

  function expectHealthy(proof: Awaited<ReturnType<typeof startResult>>) {
    expect(proof.probes.map(({ probe, passed }) => `${probe}: ${passed}`)).toEqual([
      'ssh: true',
      'http 80/: true',
      'mount /data: true',
      'service writer: true',
    ]);
    const [first, failed, late] = proof.actions;
    expect(failed).toMatchObject({ passed: false, exitCode: 3, output: 'out\nerr\n' });
    expect(late).toMatchObject({ passed: false, exitCode: 124 });
    const seen = first?.output ?? '';
    // The interface has the source's name, though no MAC was known.
    expect(seen).toContain(': ens192:');
    expect(seen).toContain('/dev/null');
    expect(seen).toContain(`root=UUID=${ROOT_UUID}`);
    expect(seen).not.toContain('/dev/sda');
    expect(seen).toContain('\n12\n3 0 644\n1 54321 4750\n');
    expect(seen).toContain('cap_net_bind_service=ep');
    expect(seen).toContain('user:1234:rw-');
    expect(seen).toContain('kept');
  }

  it('starts by BIOS from the disk of a rescue machine, which can be put back to what was synced', async () => {
    const disk: DiskImage = { path: join(folder, 'target.qcow2'), format: 'qcow2' };
    await createImage({ ...disk, sizeBytes: 5 * GIB }, settings, signal);
    const inventory = sourceInventory('bios');
    const serial = 'TARGET-0001';
    const { layout } = proposeLayout(inventory, [{ disk: serial, sizeBytes: 5 * GIB }], {
      boot: null,
      excludeMounts: [],
      sizes: [],
      imageBytes: 0,
    });
    const conversion = await inRescue(disk, serial, async (session) => {
      await expect(applyLayout(session, { layout, confirmedDisks: [], source: inventory }, signal)).rejects.toMatchObject({
        code: 'HOST_DISK_NOT_CONFIRMED',
      });
      const confirmed = { layout, confirmedDisks: [serial], source: inventory };
      expect(await applyLayout(session, confirmed, signal)).toEqual({ made: true });
      const root = await mountLayout(session, layout, signal);
      say('laid out');
      await layDownSource(session, root, 'bios', keys.clientPublicKey, signal);
      say('copied');
      expect(await applyLayout(session, confirmed, signal)).toEqual({ made: false });
      const device = resolveDisks(layout, await listTargetDisks(session, signal), [serial]).get(serial) ?? '';
      const digest = async () => {
        const list =
          'cd "$1"; find etc boot root -xdev ! -type d -printf "%p %m %U %G %s %l\\n" | sort; find etc boot -xdev -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum';
        return (await session.run(['bash', '-c', list, 'bash', root], { signal })).stdout.toString('utf8');
      };
      const synced = await digest();
      await convert(session, order('bios', root, device, true, layout), signal);
      say('made bootable');
      expect(await digest()).not.toBe(synced);
      await unconvert(session, root, signal);
      expect(await digest()).toBe(synced);
      say('put back');
      const converted = await convert(session, order('bios', root, device, true, layout), signal);
      say('made bootable again');
      const fstab = (await session.run(['cat', `${root}/etc/fstab`], { signal })).stdout.toString('utf8');
      expect(fstab).toContain(`UUID=${ROOT_UUID} / ext4`);
      expect(fstab).toContain(`UUID=${DATA_UUID} /data xfs`);
      expect(fstab).toContain('# not migrated: /dev/sdb1 /backup');
      await unmountLayout(session, layout, signal);
      return converted;
    });
    // No initramfs was made anew: Debian's has what it needs.
    expect(conversion.steps.map(({ command }) => command)).not.toContainEqual(expect.stringContaining('update-initramfs'));
    expectHealthy(await startResult(disk, 'bios', conversion));
  });

  it('starts by UEFI from an image, of which a clone was made bootable and became the result', async () => {
    const image: DiskImage = { path: join(folder, 'image.qcow2'), format: 'qcow2' };
    const inventory = sourceInventory('uefi');
    const { layout } = proposeLayout(inventory, 'image', { boot: null, excludeMounts: [], sizes: [], imageBytes: 0 });
    await createImage({ ...image, sizeBytes: layout.disks[0]?.sizeBytes ?? 0 }, settings, signal);
    await inRescue(image, 'image', async (session) => {
      await applyLayout(session, { layout, confirmedDisks: [], source: inventory }, signal);
      const root = await mountLayout(session, layout, signal);
      await layDownSource(session, root, 'uefi', keys.clientPublicKey, signal);
      say('copied');
      await unmountLayout(session, layout, signal);
    });
    const clone = await cloneImage(image, join(folder, 'clone.qcow2'), settings, signal);
    const conversion = await inRescue(clone, 'image', async (session) => {
      const root = await mountLayout(session, layout, signal);
      const device = resolveDisks(layout, await listTargetDisks(session, signal), []).get('image') ?? '';
      const converted = await convert(session, order('uefi', root, device, false, layout), signal);
      say('made bootable');
      await unmountLayout(session, layout, signal);
      return converted;
    });
    expectHealthy(await startResult(clone, 'uefi', conversion));
    await commitClone(clone, settings, signal);
    const fstab = await inRescue(image, 'image', async (session) => {
      const root = await mountLayout(session, layout, signal);
      const { stdout } = await session.run(['cat', `${root}/etc/fstab`], { signal });
      await unmountLayout(session, layout, signal);
      return stdout.toString('utf8');
    });
    expect(fstab).toContain(`UUID=${ROOT_UUID} / ext4`);
  });
});
