import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEgressGuard } from '@smartant/platform/egress';
import type { HostEndpoint } from '../../../../application/ports/host-engine';
import { proposeLayout } from '../../../../domain/propose-layout';
import { applyLayout } from '../../layout/apply-layout';
import { mountLayout, unmountLayout } from '../../layout/mount-layout';
import { startAppliance } from '../../rescue/appliance';
import { createImage, type DiskImage } from '../../rescue/disk-image';
import type { QemuSettings } from '../../rescue/qemu-settings';
import { readRescueFiles } from '../../rescue/rescue-files';
import { makeRescueKeys } from '../../rescue/rescue-seed';
import { openHostSession, type HostSession } from '../../session/host-session';
import { convert } from '../convert';
import { cacheFolder, rescueFolder, sourceRootTar } from './boot-parts';
import { layDownSource, sourceFilesDisk, sourceInventory } from './source-machine';

const MINUTE = 60_000;
const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: [] });

export const openTarget = (endpoint: HostEndpoint, signal: AbortSignal): Promise<HostSession> =>
  openHostSession(endpoint, { guard, transcript: () => undefined, host: 'target' }, signal);

export interface SourceImage {
  image: DiskImage;
  hostKeys: string[];
  privateKeyPem: string;
}

/**
 * The disk of a machine that starts: Debian with nginx and a service that writes. Made once for each recipe (about four minutes where machines are
 * emulated), then taken from the cache. Start an overlay of it, never itself.
 */
export async function sourceImage(boot: 'bios' | 'uefi', settings: QemuSettings, signal: AbortSignal): Promise<SourceImage> {
  const recipe = [
    readlinkSync(sourceRootTar()),
    boot,
    ...['source-machine.ts', 'source-image.ts'].map((name) => readFileSync(join(__dirname, name), 'utf8')),
  ];
  const key = createHash('sha256').update(recipe.join('\0')).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(), `source-image-${boot}-${key}`);
  const image: DiskImage = { path: join(folder, 'disk.qcow2'), format: 'qcow2' };
  if (!existsSync(folder)) await makeSourceImage(boot, folder, settings, signal);
  const { hostKeys, privateKeyPem } = JSON.parse(readFileSync(join(folder, 'access.json'), 'utf8')) as Omit<SourceImage, 'image'>;
  return { image, hostKeys, privateKeyPem };
}

async function makeSourceImage(boot: 'bios' | 'uefi', folder: string, settings: QemuSettings, signal: AbortSignal): Promise<void> {
  const part = `${folder}.${process.pid}.part`;
  mkdirSync(part, { recursive: true });
  const keys = makeRescueKeys();
  const inventory = sourceInventory(boot);
  const { layout } = proposeLayout(inventory, 'image', {
    ...{ boot: null, excludeMounts: [], sizes: [] },
    // As large as its disk was: the group of its volumes has room for snapshots.
    imageBytes: inventory.disks[0]?.sizeBytes ?? 0,
  });
  const image: DiskImage = { path: join(part, 'disk.qcow2'), format: 'qcow2' };
  await createImage({ ...image, sizeBytes: layout.disks[0]?.sizeBytes ?? 0 }, settings, signal);
  const files = await readRescueFiles(rescueFolder());
  const appliance = await startAppliance(
    { name: 'make', folder: part, disks: [{ ...image, serial: 'image' }, sourceFilesDisk()], files, settings, timeoutMs: 5 * MINUTE },
    signal,
  );
  try {
    const session = await openTarget(appliance.endpoint, signal);
    await applyLayout(session, { layout, confirmedDisks: [], source: inventory }, signal);
    const root = await mountLayout(session, layout, signal);
    await layDownSource(session, root, boot, keys.clientPublicKey, signal);
    const wishes = {
      network: [],
      machineId: 'new',
      sshHostKeys: 'new',
      hostname: '',
      disableGuestTools: false,
      serialConsole: true,
      excludeMounts: [],
    } as const;
    const order = {
      inventory,
      layout,
      wishes: { ...wishes, network: [], excludeMounts: [] },
      root,
      bootDevice: '/dev/vda',
      targetMacs: [],
      labelsKept: true,
      drivers: [],
    };
    const { hostKeys } = await convert(session, { ...order, keepOriginals: false }, signal);
    await unmountLayout(session, layout, signal);
    await appliance.stop(session, signal);
    writeFileSync(join(part, 'access.json'), JSON.stringify({ hostKeys, privateKeyPem: keys.clientPrivateKey }), { mode: 0o600 });
    renameSync(part, folder);
  } finally {
    await appliance.kill();
    rmSync(part, { recursive: true, force: true });
  }
}
