import { dialerFor, type ConnectionGuard } from '@smartant/platform/egress';
import { SmartantError } from '@smartant/kernel';
import type { HostEndpoint } from '../../../application/ports/host-engine';
import type { BootProof } from '../../../domain/boot-proof';
import type { HealthProbe, PostAction } from '../../../domain/host-scope';
import { isRescue } from '../rescue/take-over';
import type { HostSession } from '../session/host-session';
import { runActions } from './run-actions';
import { runProbes } from './run-probes';

export interface TargetBoot {
  /** The target's address with the source's users and keys, and with the host keys that the target shows now. */
  endpoint: HostEndpoint;
  guard: ConnectionGuard;
  probes: readonly HealthProbe[];
  actions: readonly PostAction[];
  /** How long it may take until SSH answers. */
  timeoutMs: number;
}

const PAUSE_MS = 1_000;
const TRY_MS = 30_000;

/** Restarts a machine from its rescue system into its own disks. Filesystems must not be mounted any more. */
export async function restartIntoDisk(session: HostSession, signal: AbortSignal): Promise<void> {
  await session.run(['sync'], { signal });
  // Apart from the session, which ends with it.
  await session.run(['sh', '-c', '(sleep 1; busybox reboot -f || reboot -f) >/dev/null 2>&1 </dev/null &'], { signal });
  session.close();
}

/** Waits until a target that was restarted answers as the copy of the source, then probes it at its own address and runs the actions. */
export async function proveTarget(
  order: TargetBoot,
  open: (endpoint: HostEndpoint, signal: AbortSignal) => Promise<HostSession>,
  signal: AbortSignal,
): Promise<BootProof> {
  const startedAt = new Date().toISOString();
  const startedMs = performance.now();
  const { location } = order.endpoint;
  if (location.kind !== 'ssh')
    throw new SmartantError('HOST_IMAGE_NO_ADDRESS', 'An image has no address to be probed at.', { kind: 'internal' });
  const session = await signIn(order, open, signal);
  const answeredAfterMs = session ? Math.round(performance.now() - startedMs) : null;
  const dialer = dialerFor({
    guard: order.guard,
    ways: location.via ?? [],
    secret: async () => (await order.endpoint.secret(signal)).network ?? {},
  });
  try {
    const dial = (port: number, within: AbortSignal) => dialer.dial({ host: location.host, port }, within);
    const probes = await runProbes({ session, dial }, order.probes, signal);
    const actions = session ? await runActions(session, order.actions, signal) : [];
    return { startedAt, answeredAfterMs, probes, actions, console: '' };
  } finally {
    session?.close();
    dialer.close();
  }
}

/** Null: nobody but the rescue system answered in time, or nobody at all. */
async function signIn(
  { endpoint, timeoutMs }: TargetBoot,
  open: (endpoint: HostEndpoint, signal: AbortSignal) => Promise<HostSession>,
  signal: AbortSignal,
): Promise<HostSession | null> {
  for (const untilMs = performance.now() + timeoutMs; performance.now() < untilMs;) {
    try {
      const session = await open(endpoint, AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)]));
      if (!(await isRescue(session, signal))) return session;
      session.close();
    } catch {
      signal.throwIfAborted();
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return null;
}
