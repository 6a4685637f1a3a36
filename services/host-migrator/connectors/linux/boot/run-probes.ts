import { request } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { BootProof } from '../../../domain/boot-proof';
import type { HealthProbe } from '../../../domain/host-scope';
import type { HostSession } from '../session/host-session';

export interface ProbedMachine {
  /** Null: SSH never answered, so what needs it fails. */
  session: HostSession | null;
  /** A stream to a port of the machine. */
  dial: (port: number, signal: AbortSignal) => Promise<Duplex>;
}

type Verdict = { passed: boolean; detail: string };

const PAUSE_MS = 500;
const TRY_MS = 10_000;
const TCP_SETTLED_MS = 1_000;
const BODY_BYTES = 1024 * 1024;

/** Asks each probe until it passes or its time is over. Never raises for what a probe finds. */
export async function runProbes(machine: ProbedMachine, probes: readonly HealthProbe[], signal: AbortSignal): Promise<BootProof['probes']> {
  return await Promise.all(
    probes.map(async (probe) => ({
      probe: describeProbe(probe),
      ...(await untilPassed(() => tryProbe(machine, probe, signal), probe.timeoutMs, signal)),
    })),
  );
}

export function describeProbe(probe: HealthProbe): string {
  switch (probe.kind) {
    case 'ssh':
      return 'ssh';
    case 'tcp':
      return `tcp ${probe.port}`;
    case 'http':
      return `http ${probe.port}${probe.path}`;
    case 'mount':
      return `mount ${probe.mount}`;
    case 'service':
      return `service ${probe.name}`;
  }
}

async function untilPassed(attempt: () => Promise<Verdict>, timeoutMs: number, signal: AbortSignal): Promise<Verdict> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const verdict = await attempt().catch((error: unknown): Verdict => {
      signal.throwIfAborted();
      return { passed: false, detail: error instanceof Error ? error.message : String(error) };
    });
    if (verdict.passed || performance.now() >= endMs) return verdict;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    signal.throwIfAborted();
  }
}

async function tryProbe({ session, dial }: ProbedMachine, probe: HealthProbe, signal: AbortSignal): Promise<Verdict> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)]);
  if (probe.kind === 'tcp') return await tryTcp(await dial(probe.port, within), within);
  if (probe.kind === 'http') return await tryHttp(probe, await dial(probe.port, within), within);
  if (!session) return { passed: false, detail: 'SSH did not answer' };
  if (probe.kind === 'ssh') return { passed: true, detail: 'signed in' };
  const run = async (argv: string[]) => await session.run(argv, { signal, timeoutMs: TRY_MS, okCodes: [0, 1, 2, 3, 4], root: false });
  if (probe.kind === 'mount') {
    const points = (await run(['cat', '/proc/self/mounts'])).stdout
      .toString('utf8')
      .split('\n')
      .map((line) => line.split(' ')[1]);
    return points.includes(probe.mount) ? { passed: true, detail: 'mounted' } : { passed: false, detail: 'not mounted' };
  }
  const state = (await run(['systemctl', 'is-active', probe.name])).stdout.toString('utf8').trim();
  return { passed: state === 'active', detail: state || 'unknown' };
}

/** What ends at once is nobody: QEMU takes connections before its guest does. */
function tryTcp(stream: Duplex, signal: AbortSignal): Promise<Verdict> {
  return new Promise((resolve) => {
    const answer = (passed: boolean, detail: string) => {
      clearTimeout(settled);
      resolve({ passed, detail });
      stream.destroy();
    };
    const settled = setTimeout(() => answer(true, 'connected'), TCP_SETTLED_MS);
    stream.once('data', () => answer(true, 'connected'));
    stream.once('error', (error) => answer(false, error.message));
    stream.once('close', () => answer(false, 'closed at once'));
    signal.addEventListener('abort', () => answer(false, 'too slow'), { once: true });
  });
}

function tryHttp(probe: Extract<HealthProbe, { kind: 'http' }>, stream: Duplex, signal: AbortSignal): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: 'localhost', path: probe.path, signal, headers: { connection: 'close' }, createConnection: () => stream },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= BODY_BYTES) chunks.push(chunk);
        });
        response.once('error', reject);
        response.once('end', () => {
          const status = response.statusCode ?? 0;
          const found = probe.expectText === '' || Buffer.concat(chunks).toString('utf8').includes(probe.expectText);
          resolve({
            passed: status === probe.expectStatus && found,
            detail: `status ${status}${found ? '' : ', without the expected text'}`,
          });
        });
      },
    );
    asked.once('error', reject);
    asked.end();
  });
}

/** A stream to a port of this machine. */
export function dialLoopback(port: number, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, signal });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
