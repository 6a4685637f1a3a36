import { pipeline } from 'node:stream/promises';
import type { HostSession, RemoteProcess } from '../session/host-session';
import type { Confine } from './confine';
import { createCommand, extractCommand, transferError } from './tar-commands';

export type Codec = 'none' | 'zstd' | 'gzip';

/** Compressing costs time on both sides: the fastest levels win more than they cost only on slow links. */
export const COMPRESS: Record<Codec, string[]> = { none: [], zstd: ['zstd', '-q', '-1', '-c'], gzip: ['gzip', '-1', '-c'] };
export const DECOMPRESS: Record<Codec, string> = { none: '', zstd: 'zstd -d', gzip: 'gzip -d' };

/** The two ends of one filesystem. */
export interface Ends {
  /** Absolute, at the source. */
  sourceDirectory: string;
  /** Relative to the target's root: "./home", or ".". */
  targetDirectory: string;
  /** Of the target: it knows no owners, modes and attributes. */
  plain: boolean;
}

/** Names of files, each ended by NUL, in the pace in which they may be read. */
export type NameFeed = AsyncIterable<Buffer>;

/** A way in which a source's tar reaches a target's tar. */
export interface Carrier {
  readonly kind: 'direct' | 'relay';
  /** Carries the files that the feed names. Gives what the source's tar complained of. Raises HOST_TRANSFER_FAILED, HOST_TARGET_FULL. */
  carry(ends: Ends, names: NameFeed, codec: Codec, signal: AbortSignal): Promise<{ stderr: string; exitCode: number }>;
}

/** Through the migrator: over its own two connections, which are encrypted each. */
export class RelayCarrier implements Carrier {
  readonly kind = 'relay';

  constructor(
    private readonly source: HostSession,
    private readonly target: HostSession,
    private readonly confine: Confine,
  ) {}

  async carry(ends: Ends, names: NameFeed, codec: Codec, signal: AbortSignal): Promise<{ stderr: string; exitCode: number }> {
    const command = { pipeline: [createCommand(ends.sourceDirectory), ...(codec === 'none' ? [] : [COMPRESS[codec]])] };
    const extract = this.confine(extractCommand(ends.targetDirectory, { plain: ends.plain, decompress: DECOMPRESS[codec] }));
    const [reader, writer] = await startBoth(
      () => this.source.stream(command, { signal, apart: true }),
      () => this.target.stream(extract, { signal, apart: true }),
    );
    const moved = pipeline(reader.stdout, writer.stdin, { signal });
    writer.stdout.resume();
    const [fed, piped, read, written] = await Promise.allSettled([feedNames(reader, names), moved, reader.done, writer.done]);
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

/** The source was ended by a signal, and the target's tar saw no more than the end of its stream. */
function isCutOff(sourceExit: number, targetSaid: string): boolean {
  return sourceExit > 2 && !/No space left|Disk quota|Read-only/.test(targetSaid);
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

/** Writes names to a program as fast as it takes them. An end of the program ends it too: its exit code tells why. */
export async function feedNames(process: RemoteProcess, names: NameFeed): Promise<void> {
  await pipeline(names, process.stdin).catch((error: unknown) => {
    if (!isClosedPipe(error)) throw error;
  });
}

function isClosedPipe(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ERR_STREAM_DESTROYED' || code === 'ECONNRESET';
}
