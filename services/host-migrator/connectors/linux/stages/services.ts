import { SmartantError } from '@smartant/kernel';
import type { HostJob, StageResult } from '../../../application/ports/host-engine';
import type { HostSession } from '../session/host-session';
import type { EngineSettings } from './engine-settings';
import { loadState, saveState } from './engine-state';
import { atSource } from './source-host';

const STOP_MS = 180_000;

/** Stops the services that the scope names, in its order. What is written down before it is done is started again by `reopen`. */
export async function freeze(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  const state = await loadState(job);
  const frozenAt = state.frozenAt ?? new Date().toISOString();
  // Of an attempt before: what it had proved is about to be overwritten, and the source is given back again when this one fails.
  await saveState(job, { frozenAt, opened: false, proof: null });
  if (job.scope.stopServices.length > 0) await atSource(job, settings, (session) => stopAll(session, job, signal), signal);
  return { frozenAt };
}

async function stopAll(session: HostSession, job: HostJob, signal: AbortSignal): Promise<void> {
  for (const unit of job.scope.stopServices) {
    if (!(await mayRun(session, unit, signal))) continue;
    const { stopped = [] } = await loadState(job);
    if (!stopped.includes(unit)) await saveState(job, { stopped: [...stopped, unit] });
    await session.run(['systemctl', 'stop', '--', unit], { signal, timeoutMs: STOP_MS });
    if (await mayRun(session, unit, signal)) throw stillRuns(unit);
  }
}

/** Starts again what was stopped, the last first. Whatever was not running before stays as it was. One that does not start keeps none from it. */
export async function reopen(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  const { stopped = [] } = await loadState(job);
  if (stopped.length > 0) await atSource(job, settings, (session) => startAll(session, job, stopped, signal), signal);
  await saveState(job, { stopped: [], frozenAt: null });
  return {};
}

async function startAll(session: HostSession, job: HostJob, stopped: readonly string[], signal: AbortSignal): Promise<void> {
  const failed = new Map<string, unknown>();
  for (const unit of [...stopped].reverse()) {
    try {
      await session.run(['systemctl', 'start', '--', unit], { signal, timeoutMs: STOP_MS });
    } catch (error) {
      signal.throwIfAborted();
      failed.set(unit, error);
    }
  }
  if (failed.size === 0) return;
  await saveState(job, { stopped: stopped.filter((unit) => failed.has(unit)) });
  throw [...failed.values()][0];
}

/** Detached from the session, which ends with the network or the machine that it comes over. */
const LATER = 'setsid sh -c "$1" </dev/null >/dev/null 2>&1 & exit 0';
const POWER_OFF = 'sleep 2; systemctl poweroff || poweroff';
/** Everything but loopback; a restart brings it back. */
const NETWORK_OFF = 'sleep 2; for i in /sys/class/net/*; do n=${i##*/}; [ "$n" = lo ] || ip link set dev "$n" down; done';

/** The target is in use: the source is left as it is, cut off, or switched off. */
export async function settle(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  const { sourceAfter } = job.scope;
  if (sourceAfter === 'keep') return {};
  const { settling = false } = await loadState(job);
  const script = sourceAfter === 'power-off' ? POWER_OFF : NETWORK_OFF;
  try {
    await atSource(
      job,
      settings,
      async (session) => {
        await saveState(job, { settling: true });
        await session.run(['sh', '-c', LATER, 'sh', script], { signal, timeoutMs: 30_000 });
      },
      signal,
    );
  } catch (error) {
    // Begun anew after it was done: the source answers nobody any more.
    if (settling && error instanceof SmartantError && error.code === 'HOST_UNREACHABLE') return {};
    throw error;
  }
  return {};
}

/** What does not run, and is not about to: a unit that is being started again after a crash of its own ("activating") writes in a moment. */
const AT_REST = new Set(['inactive', 'failed', 'unknown']);

async function mayRun(session: HostSession, unit: string, signal: AbortSignal): Promise<boolean> {
  const { stdout, exitCode } = await session.run(['systemctl', 'is-active', '--', unit], { signal, okCodes: [0, 1, 2, 3, 4], root: false });
  const state = stdout.toString('utf8').trim();
  return exitCode === 0 || (state !== '' && !AT_REST.has(state));
}

function stillRuns(unit: string): SmartantError {
  return new SmartantError('HOST_SERVICE_RUNS', `The service ${unit} of the source was stopped and runs again.`, {
    kind: 'precondition',
    hint: 'Something starts it: stop that too (--stop-service, stopServices), for example its socket or timer.',
  });
}
