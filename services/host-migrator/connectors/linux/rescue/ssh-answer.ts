import { connect } from 'node:net';

const BANNER_MS = 5_000;
const PAUSE_MS = 250;

/**
 * Waits until an SSH server greets at a port of this machine. A connection alone proves nothing: QEMU takes it before the guest does.
 * Resolves with the milliseconds that it took; null: not within `timeoutMs`, or `over` settled before.
 */
export async function waitForSsh(
  port: number,
  limits: { timeoutMs: number; host?: string; over?: Promise<unknown>; signal: AbortSignal },
): Promise<number | null> {
  const startedMs = performance.now();
  const state = { over: false };
  const end = () => (state.over = true);
  limits.over?.then(end, end);
  while (!state.over && performance.now() - startedMs < limits.timeoutMs) {
    limits.signal.throwIfAborted();
    if (await greets(limits.host ?? '127.0.0.1', port, limits.signal)) return Math.round(performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return null;
}

export function greets(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const answer = (greeted: boolean) => {
      resolve(greeted);
      socket.destroy();
    };
    socket.setTimeout(BANNER_MS, () => answer(false));
    socket.once('data', (bytes) => answer(bytes.toString('latin1').startsWith('SSH-')));
    socket.once('error', () => answer(false));
    socket.once('close', () => resolve(false));
  });
}
