import { isAbsolute, join, normalize } from 'node:path';
import type { ImageLocation } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import { createEgressGuard } from '@smartant/platform/egress';
import type { HostEndpoint, HostJob, TranscriptEntry } from '../../../application/ports/host-engine';
import type { HostLayout } from '../../../domain/layout';
import { mountLayout, unmountLayout } from '../layout/mount-layout';
import { startAppliance } from '../rescue/appliance';
import type { DiskImage } from '../rescue/disk-image';
import { readRescueFiles } from '../rescue/rescue-files';
import { openHostSession, type HostSession } from '../session/host-session';
import { workMark } from '../session/work-mark';
import type { EngineSettings } from './engine-settings';
import { fenceTarget } from './fence-target';

/** The serial that a guest sees of an image, and the name of an image's disk in a layout. */
export const IMAGE_DISK = 'image';

export type Place = Pick<HostJob, 'migrationId' | 'epoch' | 'target' | 'scope'> & { transcript: (entry: TranscriptEntry) => void };

export function isImage(endpoint: HostEndpoint): endpoint is HostEndpoint & { location: ImageLocation } {
  return endpoint.location.kind === 'image';
}

/** The image of an endpoint. Raises HOST_IMAGE_OUTSIDE for a path that leads out of its root. */
export function imageOf({ rootPath, path, format }: ImageLocation): DiskImage {
  const full = join(rootPath, normalize(path));
  if (!isAbsolute(rootPath) || !full.startsWith(`${rootPath.replace(/\/+$/, '')}/`)) {
    throw new SmartantError('HOST_IMAGE_OUTSIDE', `The image ${path} is not below its file root.`, {
      kind: 'invalid',
      hint: 'Name a path below the root, without "..".',
    });
  }
  return { path: full, format };
}

/** A clone of the synced image: what is changed to make it start is written there. */
export function cloneOf(image: DiskImage, purpose: 'cutover' | 'rehearsal'): DiskImage {
  return { path: `${image.path}.${purpose}`, format: 'qcow2' };
}

/**
 * Works at the target: at a rescue system of its own, or at an appliance that has the image (or this clone of it) as its disk. The layout, where there
 * is one, is mounted for the time of the work, and whole again after it.
 */
export async function atTarget<T>(
  place: Place,
  settings: EngineSettings,
  { layout, disk, name = place.migrationId }: { layout: HostLayout | null; disk?: DiskImage; name?: string },
  work: (target: { session: HostSession; root: string }) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return inRescue(place, settings, { disk, name }, (session) => mounted(session, place, layout, work, signal), signal);
}

async function mounted<T>(
  session: HostSession,
  place: Place,
  layout: HostLayout | null,
  work: (target: { session: HostSession; root: string }) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  if (place.scope.targetDirectory !== '') return work({ session, root: place.scope.targetDirectory });
  if (!layout) return work({ session, root: '' });
  const root = await mountLayout(session, layout, signal);
  let result: T;
  try {
    result = await work({ session, root });
  } catch (error) {
    // Own disks may be switched off at any time; an image is written by a machine that ends now.
    await unmountLayout(session, layout, AbortSignal.timeout(UNMOUNT_MS)).catch(() => undefined);
    throw error;
  }
  await unmountLayout(session, layout, AbortSignal.any([signal, AbortSignal.timeout(UNMOUNT_MS)]));
  return result;
}

const UNMOUNT_MS = 120_000;

/** A session with the target's rescue system; of an image, the appliance's, which is switched off afterwards. */
export async function inRescue<T>(
  place: Place,
  settings: EngineSettings,
  { disk, name = place.migrationId }: { disk?: DiskImage; name?: string },
  work: (session: HostSession) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const tools = { guard: settings.guard, transcript: place.transcript, host: 'target' as const };
  if (!isImage(place.target)) {
    const session = await openHostSession(place.target, { ...tools, mark: workMark(place) }, signal);
    try {
      await fenceTarget(session, place, signal);
      return await work(session);
    } finally {
      session.close();
    }
  }
  const appliance = await startAppliance(
    {
      name,
      folder: settings.machinesFolder,
      disks: [{ ...(disk ?? imageOf(place.target.location)), serial: IMAGE_DISK }],
      files: await readRescueFiles(settings.rescueFolder),
      settings: await settings.qemu(),
      timeoutMs: settings.startMs,
    },
    signal,
  );
  try {
    // It is a machine of ours on loopback, which users' endpoints may not name.
    const session = await openHostSession(appliance.endpoint, { ...tools, guard: OWN_LOOPBACK }, signal);
    try {
      const result = await work(session);
      await appliance.stop(session, signal);
      return result;
    } finally {
      session.close();
    }
  } finally {
    await appliance.kill();
  }
}

/** For machines that this process has started itself. */
export const OWN_LOOPBACK = createEgressGuard({ allowLoopback: true, allow: [], deny: [] });
