import { rm } from 'node:fs/promises';
import { toSmartantError } from '@smartant/kernel';
import type { HostJob, StageResult } from '../../../application/ports/host-engine';
import { removeSnapshots } from '../blocks/snapshots';
import { releaseFiles } from '../files/release-files';
import { endLeftMachine } from '../rescue/running-machines';
import { openHostSession, type HostSession } from '../session/host-session';
import type { EngineSettings } from './engine-settings';
import { loadState, saveState } from './engine-state';
import { fenceTarget } from './fence-target';
import { reopen } from './services';
import { cloneOf, imageOf, isImage } from './target-system';

/**
 * Takes away what a migration keeps at its hosts: keys, folders, machines, clones. Of one that was cancelled, services that it stopped are started
 * again; of one that is finalized they stay stopped. What was synced stays: it is the user's.
 */
export async function release(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  const { opened = false, restarted = false } = await loadState(job);
  // A target that was started is a system of its own now, with keys of its own; an appliance has gone with all that was in it.
  const isGone = isImage(job.target) || ((opened || restarted) && job.scope.targetDirectory === '');
  const parts = [
    () => endMachines(job, settings),
    async () => void (opened || (await reopen(job, settings, signal))),
    () => releaseSource(job, settings, job.scope.sourceAfter !== 'keep' && opened, signal),
    async () => void (isGone || (await releaseTarget(job, settings, signal))),
  ];
  // One that does not answer keeps none of the others from being released.
  const failures: unknown[] = [];
  for (const part of parts) {
    await part().catch((error: unknown) => {
      signal.throwIfAborted();
      failures.push(error);
    });
  }
  if (failures.length > 0) throw failures.find((error) => toSmartantError(error).retryable) ?? failures[0];
  await saveState(job, { stopped: [], frozenAt: null });
  return {};
}

async function releaseSource(job: HostJob, { guard }: EngineSettings, mayBeGone: boolean, signal: AbortSignal): Promise<void> {
  const source = await openOrNull(
    () => openHostSession(job.source, { guard, transcript: job.transcript, host: 'source' }, signal),
    mayBeGone,
  );
  try {
    // A snapshot that LVM does not let go must not keep a key there.
    const outcomes = await Promise.allSettled([
      source && job.scope.engine === 'blocks' ? removeSnapshots(source, job.migrationId, signal) : undefined,
      releaseFiles(job.migrationId, { source, target: null }, signal),
    ]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  } finally {
    source?.close();
  }
}

async function releaseTarget(job: HostJob, { guard }: EngineSettings, signal: AbortSignal): Promise<void> {
  const target = await openHostSession(job.target, { guard, transcript: job.transcript, host: 'target' }, signal);
  try {
    await fenceTarget(target, job, signal);
    await releaseFiles(job.migrationId, { source: null, target }, signal);
  } finally {
    target.close();
  }
}

/** A source that was switched off on purpose answers nobody, and keeps nothing of ours in its memory. */
async function openOrNull(open: () => Promise<HostSession>, mayBeGone: boolean): Promise<HostSession | null> {
  if (!mayBeGone) return open();
  return open().catch(() => null);
}

async function endMachines({ migrationId, target }: HostJob, { machinesFolder }: EngineSettings): Promise<void> {
  for (const name of [migrationId, `${migrationId}-boot`, `${migrationId}-rehearsal`]) await endLeftMachine(machinesFolder, name);
  if (!isImage(target)) return;
  const image = imageOf(target.location);
  await rm(cloneOf(image, 'rehearsal').path, { force: true });
  await rm(cloneOf(image, 'cutover').path, { force: true });
}
