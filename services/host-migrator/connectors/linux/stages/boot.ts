import { rm } from 'node:fs/promises';
import { SmartantError } from '@smartant/kernel';
import type { HostEndpoint, HostJob, StageResult } from '../../../application/ports/host-engine';
import { bootFailures, type BootProof } from '../../../domain/boot-proof';
import type { HostLayout } from '../../../domain/layout';
import { bootImage } from '../boot/boot-image';
import { proveTarget, restartIntoDisk } from '../boot/boot-target';
import { convert, type Conversion } from '../boot/convert';
import { DISK_DRIVERS } from '../boot/plan-initramfs';
import { clearFlags, restoreFlags } from '../files/carry-flags';
import { listTargetDisks, resolveDisks } from '../layout/target-disks';
import { cloneImage, commitClone, type DiskImage } from '../rescue/disk-image';
import { openHostSession, type HostSession } from '../session/host-session';
import { rehearseBlocks } from './block-rounds';
import { atBothEnds } from './both-ends';
import type { EngineSettings } from './engine-settings';
import { preparedState, saveState } from './engine-state';
import { readyBlocks } from './ready-blocks';
import { cloneOf, imageOf, isImage, OWN_LOOPBACK } from './target-system';

/** Makes what was synced start at the target: a clone of the image, or own disks with their originals kept beside. */
export async function makeBootable(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  if (job.scope.targetDirectory !== '') return {};
  const clone = isImage(job.target) ? cloneOf(imageOf(job.target.location), 'cutover') : undefined;
  if (clone) await cloneAnew(job, settings, clone, signal);
  const { hostKeys } = await convertTarget(job, settings, clone, signal);
  await saveState(job, { hostKeys });
  return {};
}

async function cloneAnew({ target }: HostJob, settings: EngineSettings, clone: DiskImage, signal: AbortSignal): Promise<void> {
  if (isImage(target)) await cloneImage(imageOf(target.location), clone.path, await settings.qemu(), signal);
}

async function convertTarget(
  job: HostJob,
  settings: EngineSettings,
  clone: DiskImage | undefined,
  signal: AbortSignal,
): Promise<Conversion> {
  const { inventory, layout } = await preparedState(job);
  if (!layout) throw new Error('a layout is there where disks are written');
  return atBothEnds(
    job,
    settings,
    { inventory, layout, disk: clone },
    async (files) => {
      const { target, targetRoot } = files;
      const byBlocks = job.scope.engine === 'blocks';
      if (byBlocks)
        await readyBlocks(job, { inventory, layout }, { session: target, root: targetRoot, isClone: clone !== undefined }, signal);
      // What nobody may change cannot be converted: of an earlier attempt, or come with its blocks.
      if (!clone || byBlocks) await clearFlags(job, files, signal);
      const order = {
        inventory,
        layout,
        wishes: job.scope,
        root: targetRoot,
        bootDevice: await bootDevice(target, layout, signal),
        targetMacs: clone ? [] : await macsOf(target, signal),
        labelsKept: inventory.selinux !== 'absent',
        drivers: DISK_DRIVERS,
        keepOriginals: clone === undefined,
      };
      const converted = await convert(target, order, signal);
      await restoreFlags(job, files, signal);
      return converted;
    },
    signal,
  );
}

/** Starts the target and asks the probes. Whoever reads the proof decides; a clone that is proved becomes the image. */
export async function boot(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  const { hostKeys, proof: told } = await preparedState(job);
  let proof = told ?? null;
  if (job.scope.targetDirectory !== '') return proof ?? opened(job);
  if (!proof) {
    const boot = await startTarget(job, settings, sourceUser(job, hostKeys ?? []), signal);
    if (!isProved(job, boot)) return { boot };
    proof = await opened(job, boot);
  }
  // May be what a crash has kept from being done: a clone that was written back is gone.
  if (isImage(job.target)) await commitClone(cloneOf(imageOf(job.target.location), 'cutover'), await settings.qemu(), signal);
  return proof;
}

function startTarget(job: HostJob, settings: EngineSettings, user: User, signal: AbortSignal): Promise<BootProof> {
  if (!isImage(job.target)) return bootDisks(job, settings, user, signal);
  const clone = cloneOf(imageOf(job.target.location), 'cutover');
  return startClone(job, settings, { clone, user, name: `${job.migrationId}-boot` }, signal);
}

/** Restarts the target from its own disks. Begun anew after the restart it only asks: its rescue system does not answer any more. */
async function bootDisks(job: HostJob, settings: EngineSettings, user: User, signal: AbortSignal): Promise<BootProof> {
  const { location } = job.target;
  if (location.kind !== 'ssh') throw new Error('disks are reached over SSH');
  const tools = { guard: settings.guard, transcript: job.transcript, host: 'target' as const };
  const open = (endpoint: HostEndpoint, within: AbortSignal) => openHostSession(endpoint, tools, within);
  const rescue = await open(job.target, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof SmartantError && RESTARTED.has(error.code)) return null;
    throw error;
  });
  if (rescue) {
    await saveState(job, { restarted: true });
    await restartIntoDisk(rescue, signal).finally(() => rescue.close());
  }
  const endpoint: HostEndpoint = {
    id: `${job.target.id}-own`,
    location: { ...location, user: user.user, become: user.become, hostKeys: user.hostKeys },
    // The way to the target is the target's, the user and the keys are the source's.
    secret: async (within) => ({ ...(await user.secret(within)), network: (await job.target.secret(within)).network }),
  };
  const { probes, actions } = job.scope;
  return proveTarget({ endpoint, guard: settings.guard, probes, actions, timeoutMs: settings.startMs }, open, signal);
}

/** What a target says that is on its way into its own system, or there already. */
const RESTARTED = new Set(['HOST_UNREACHABLE', 'HOST_CONNECTION_LOST', 'HOST_KEY_CHANGED', 'HOST_SIGN_IN_FAILED']);

/** A cutover into a clone that is thrown away: what was synced and the source are left alone. */
export async function rehearse(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  if (!isImage(job.target)) {
    throw new SmartantError('HOST_REHEARSAL_NEEDS_IMAGE', 'A rehearsal starts a clone of the target, and own disks have no room for one.', {
      kind: 'precondition',
      hint: 'Rehearse with a migration of the same source into an image, or cut over: what is changed to make it start is put back when it fails.',
    });
  }
  const clone = cloneOf(imageOf(job.target.location), 'rehearsal');
  try {
    await cloneAnew(job, settings, clone, signal);
    // What rounds of blocks have brought is of many moments, and no filesystem that could be started.
    if (job.scope.engine === 'blocks') await rehearseBlocks(job, settings, clone, signal);
    const { hostKeys } = await convertTarget(job, settings, clone, signal);
    return {
      boot: await startClone(job, settings, { clone, user: sourceUser(job, hostKeys), name: `${job.migrationId}-rehearsal` }, signal),
    };
  } finally {
    await rm(clone.path, { force: true });
  }
}

type User = Parameters<typeof bootImage>[0]['user'];

async function startClone(
  job: HostJob,
  settings: EngineSettings,
  { clone, user, name }: { clone: DiskImage; user: User; name: string },
  signal: AbortSignal,
): Promise<BootProof> {
  const { layout } = await preparedState(job);
  const tools = { guard: OWN_LOOPBACK, transcript: job.transcript, host: 'target' as const };
  return bootImage(
    {
      name,
      folder: settings.machinesFolder,
      disk: { ...clone, serial: 'image' },
      boot: layout?.boot ?? 'bios',
      settings: await settings.qemu(),
      user,
      probes: job.scope.probes,
      actions: job.scope.actions,
      timeoutMs: settings.startMs,
    },
    (endpoint, within) => openHostSession(endpoint, tools, within),
    signal,
  );
}

/** The target has the users and keys of the source. */
function sourceUser({ source }: Pick<HostJob, 'source'>, hostKeys: string[]): User {
  const { location, secret } = source;
  if (location.kind !== 'ssh') throw new Error('a source is reached over SSH');
  return { user: location.user, become: location.become, hostKeys, secret };
}

function isProved({ scope }: Pick<HostJob, 'scope'>, proof: BootProof): boolean {
  return bootFailures(proof, scope.actions).length === 0;
}

/** From now on the target may be written to: the source is not given back by itself any more. */
async function opened(job: HostJob, boot?: BootProof): Promise<{ openedAt: string; boot?: BootProof }> {
  const proof = { openedAt: new Date().toISOString(), ...(boot && { boot }) };
  await saveState(job, { opened: true, proof });
  return proof;
}

async function bootDevice(session: HostSession, layout: HostLayout, signal: AbortSignal): Promise<string> {
  const all = layout.disks.map(({ disk }) => disk);
  const devices = resolveDisks(layout, await listTargetDisks(session, signal), all);
  return devices.get(all[0] ?? '') ?? '';
}

/** Of network cards, in the order of their names. */
async function macsOf(session: HostSession, signal: AbortSignal): Promise<string[]> {
  const script = 'for i in /sys/class/net/*; do [ -e "$i/device" ] && cat "$i/address"; done; true';
  const { stdout } = await session.run(['sh', '-c', script], { signal });
  return stdout.toString('utf8').split('\n').filter(Boolean);
}
