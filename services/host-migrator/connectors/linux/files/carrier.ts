import { pipeline } from 'node:stream/promises';
import type { CommandEnd, HostSession, RemoteProcess } from '../session/host-session';
import { transferError } from './tar-commands';

export type Codec = 'none' | 'zstd' | 'gzip';

/** Compressing costs time on both sides: the fastest levels win more than they cost only on slow links. */
export const COMPRESS: Record<Codec, string[]> = { none: [], zstd: ['zstd', '-q', '-1', '-c'], gzip: ['gzip', '-1', '-c'] };
export const DECOMPRESS: Record<Codec, string> = { none: '', zstd: 'zstd -d', gzip: 'gzip -d' };

/** A program that reads at the source what the feed names, and one that writes that at the target. */
export interface Lane {
  read: readonly string[];
  write: (codec: Codec) => string[];
}

/** The two ends of one filesystem. */
export interface Ends extends Lane {
  /** Absolute, at the source. */
  sourceDirectory: string;
  /** Relative to the target's root: "./home", or ".". */
  targetDirectory: string;
  /** Of the target: it knows no owners, modes and attributes. */
  plain: boolean;
}

/** What is to be read, as the lane's reader takes it, in the pace in which it may be read: names of files, each ended by NUL, or ranges. */
export type Feed = AsyncIterable<Buffer>;

export type Hear = (piece: Buffer) => void;

export const unheard: Hear = () => undefined;

/** A way in which a source's reader reaches a target's writer. */
export interface Carrier {
  /** Null: not known before something is carried. */
  readonly kind: 'direct' | 'relay' | null;
  /**
   * Carries what the feed names. Gives how the source's reader ended, and what it complained of; `hear` gets what the target's writer says on its stdout, as it comes.
   * Raises HOST_TRANSFER_FAILED, HOST_TARGET_FULL.
   */
  carry(lane: Lane, feed: Feed, codec: Codec, signal: AbortSignal, hear?: Hear): Promise<CommandEnd>;
}

/** Of a relay: whether each side is signed in to for each stream. A frozen filesystem may keep its sshd from noting that. */
export interface Apart {
  source: boolean;
  target: boolean;
}

/** Through the migrator: over its own two connections, which are encrypted each. */
export class RelayCarrier implements Carrier {
  readonly kind = 'relay';

  constructor(
    private readonly source: HostSession,
    private readonly target: HostSession,
    private readonly apart: Apart,
  ) {}

  async carry(lane: Lane, feed: Feed, codec: Codec, signal: AbortSignal, hear = unheard): Promise<CommandEnd> {
    const command = { pipeline: [lane.read, ...(codec === 'none' ? [] : [COMPRESS[codec]])] };
    const [reader, writer] = await startBoth(
      () => this.source.stream(command, { signal, apart: this.apart.source }),
      () => this.target.stream(lane.write(codec), { signal, apart: this.apart.target }),
    );
    const moved = pipeline(reader.stdout, writer.stdin, { signal });
    writer.stdout.on('data', hear);
    const [fed, piped, read, written] = await Promise.allSettled([feedTo(reader, feed), moved, reader.done, writer.done]);
    if (read.status === 'rejected') throw read.reason;
    if (written.status === 'rejected') throw written.reason;
    // What went wrong at the target is why the source could not write, unless the source was ended itself.
    const { exitCode, stderr } = written.value;
    if (exitCode !== 0 && !isCutOff(read.value.exitCode, stderr)) throw transferError('target', exitCode, stderr);
    if (fed.status === 'rejected') throw fed.reason;
    // A stream that was closed before its end is carried again; why, the next attempt tells.
    if (piped.status === 'rejected' && read.value.exitCode <= 2)
      throw isClosedPipe(piped.reason) ? transferError('target', exitCode, stderr || 'its stream was closed before the end') : piped.reason;
    return read.value;
  }
}

/** The source was ended by a signal, and the target's writer saw no more than the end of its stream. */
function isCutOff(sourceExit: number, targetSaid: string): boolean {
  return sourceExit > 2 && !isOfTarget(targetSaid);
}

/** Of what a target's writer said: whether it failed for what no source can cause. */
export function isOfTarget(said: string): boolean {
  return /No space left|Disk quota|Read-only/.test(said);
}

/** Opens both ends at once; where one cannot be opened the other is not left behind. */
async function startBoth(
  first: () => Promise<RemoteProcess>,
  second: () => Promise<RemoteProcess>,
): Promise<[RemoteProcess, RemoteProcess]> {
  const [a, b] = await Promise.allSettled([first(), second()]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  if (a.status === 'fulfilled') a.value.kill();
  if (b.status === 'fulfilled') b.value.kill();
  throw a.status === 'rejected' ? a.reason : (b as PromiseRejectedResult).reason;
}

/** Writes a feed to a program as fast as it takes it. An end of the program ends it too: its exit code tells why. */
export async function feedTo(process: RemoteProcess, feed: Feed): Promise<void> {
  await pipeline(feed, process.stdin).catch((error: unknown) => {
    if (!isClosedPipe(error)) throw error;
  });
}

function isClosedPipe(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ERR_STREAM_DESTROYED' || code === 'ECONNRESET';
}
