import { SmartantError } from '@smartant/kernel';
import { feedTo } from '../files/carrier';
import type { HostSession } from '../session/host-session';
import type { Chunk } from './block-volume';
import { hashCommand } from './chunk-commands';
import { readLines } from './read-lines';

export interface HashedDevice {
  session: HostSession;
  device: string;
  side: 'source' | 'target';
}

/** Asked for in one write. */
const GROUP = 256;

/**
 * SHA-256 of chunks of a device, in hexadecimal and in their order, as the host reads them. What it gives before it raises is not to be trusted.
 * Raises HOST_VOLUME_UNREADABLE and HOST_CHUNKS_FAILED.
 */
export async function* hashChunks(
  { session, device, side }: HashedDevice,
  chunks: Iterable<Chunk>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const running = await session.stream(hashCommand(device), { signal });
  const asked = { count: 0 };
  const fed = feedTo(running, ranges(chunks, asked));
  fed.catch(() => undefined);
  let [told, ended] = [0, false];
  try {
    for await (const line of readLines(running.stdout)) {
      told += 1;
      yield line.slice(0, 64);
    }
    await fed;
    const { exitCode, stderr, stderrCut } = await running.done;
    ended = true;
    if (exitCode !== 0 || told !== asked.count || stderrCut || /^failed$/m.test(stderr))
      throw unreadError({ side, device }, exitCode, stderr);
  } finally {
    if (!ended) running.kill();
  }
}

/** The hashes of each chunk at both sides, which are read at once, each by one program. Raises what `hashChunks` does. */
export async function* hashPairs(
  devices: { source: HashedDevice; target: HashedDevice },
  chunks: () => Iterable<Chunk>,
  signal: AbortSignal,
): AsyncGenerator<{ chunk: Chunk; source: string; target: string }> {
  const here = hashChunks(devices.source, chunks(), signal);
  const there = hashChunks(devices.target, chunks(), signal);
  try {
    for (const chunk of chunks()) {
      const [a, b] = await Promise.all([here.next(), there.next()]);
      // One has ended too early: its own end says why.
      if (a.done || b.done) break;
      yield { chunk, source: a.value, target: b.value };
    }
    await Promise.all([here.next(), there.next()]);
  } finally {
    await Promise.allSettled([here.return(undefined), there.return(undefined)]);
  }
}

async function* ranges(chunks: Iterable<Chunk>, asked: { count: number }): AsyncGenerator<Buffer> {
  let lines: string[] = [];
  for (const { offset, bytes } of chunks) {
    asked.count += 1;
    lines.push(`${offset} ${bytes}\n`);
    if (lines.length < GROUP) continue;
    yield Buffer.from(lines.join(''));
    lines = [];
  }
  yield Buffer.from(lines.join(''));
}

/** Why a device could not be read, by what its dd said under LC_ALL=C. */
export function unreadError(what: { side: 'source' | 'target'; device: string }, exitCode: number, stderr: string): SmartantError {
  const details = { ...what, exitCode: String(exitCode), stderr: stderr.slice(-2_000) };
  if (stderr.includes('Input/output error')) {
    return new SmartantError('HOST_VOLUME_UNREADABLE', `The ${what.side} cannot read ${what.device}: its disk is broken.`, {
      kind: 'precondition',
      hint: 'Look at the kernel log there. The engine "files" sets aside what cannot be read, and carries the rest.',
      details,
    });
  }
  return new SmartantError('HOST_CHUNKS_FAILED', `The ${what.side} did not tell the hashes of all chunks of ${what.device}.`, {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: 'It is tried again. If it stays, look at the transcript.',
    details,
  });
}
