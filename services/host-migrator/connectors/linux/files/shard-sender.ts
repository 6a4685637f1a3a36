import type { HostJob } from '../../../application/ports/host-engine';
import type { Carrier, Ends } from './carrier';
import type { CodecChoice } from './codec-choice';
import { insist } from './insist';
import { absoluteText, nameList, type PathBytes } from './path-bytes';
import { halvesOf, weightOf, type Shard, type StreamSize } from './shard';
import { readComplaints, transferError, unescapeName, type TarComplaints } from './tar-commands';

export interface SenderParts {
  job: Pick<HostJob, 'admit' | 'count' | 'quarantine' | 'info' | 'unit' | 'warn'>;
  carrier: Carrier;
  codec: CodecChoice;
  /** Told how fast shards go. */
  size: StreamSize;
  /** Names at the target that have to go, with what is below them. */
  remove: (ends: Ends, paths: readonly PathBytes[], signal: AbortSignal) => Promise<void>;
}

/** What became of what was sent. */
export interface SentTotals {
  files: number;
  bytes: number;
  /** Gone or changed while they were read. */
  restless: number;
}

/** Files are admitted together up to so many bytes: one call for each of a million small files would be most of the work. */
const ADMIT_BYTES = 4 * 1024 * 1024;

/** Carries shards of a filesystem, each again on a new connection when its stream breaks. */
export class ShardSender {
  readonly sent: SentTotals = { files: 0, bytes: 0, restless: 0 };

  constructor(private readonly parts: SenderParts) {}

  async send(mount: string, ends: Ends, shard: Shard, signal: AbortSignal): Promise<void> {
    if (shard.replaced.length > 0) await this.parts.remove(ends, shard.replaced, signal);
    await this.sendAll(mount, ends, shard, signal);
  }

  /** A tar that says more than is kept may have complained of any of its files: fewer of them go at once, until all that it says is heard. */
  private async sendAll(mount: string, ends: Ends, shard: Shard, signal: AbortSignal): Promise<void> {
    const { job } = this.parts;
    let attempt = 0;
    const halves = await insist(job, { mount }, signal, () => {
      attempt += 1;
      const attributes = { ...filesAttributes(mount, shard), 'smartant.attempt': attempt };
      return job.unit('copy files', attributes, async () => {
        const { complaints, stderrCut } = await this.sendOnce(ends, shard, signal);
        const fewer = stderrCut ? halvesOf(shard) : null;
        if (!stderrCut) await this.account(mount, shard, complaints);
        else if (!fewer) await this.putAside(mount, shard, complaints);
        return fewer;
      });
    });
    if (!halves) return;
    job.warn('The source complains of more files of a stream than can be kept; they are carried again in halves.', { mount });
    for (const half of halves) await this.sendAll(mount, ends, half, signal);
  }

  /** Carries directories without what is in them, named by records that can be read anew: the stream may wait for the first. */
  async sendDirectories(
    mount: string,
    ends: Ends,
    { carrier, names }: { carrier: Carrier; names: () => AsyncIterable<Buffer> },
    signal: AbortSignal,
  ): Promise<void> {
    await insist(this.parts.job, { mount }, signal, async () => {
      const { exitCode, stderr, stderrCut } = await carrier.carry(ends, names(), 'none', signal);
      const { other } = readComplaints(stderr);
      if (exitCode > 2 || other.length > 0 || stderrCut) throw transferError('source', exitCode, other.join('\n') || stderr);
    });
  }

  private async sendOnce(ends: Ends, shard: Shard, signal: AbortSignal): Promise<{ complaints: TarComplaints; stderrCut: boolean }> {
    const { carrier, codec, size, job } = this.parts;
    const chosen = codec.next();
    // From the first name that is asked for: before that a way may have been looked for.
    let startedAt: number | undefined;
    let waitedMs = 0;
    const names = paced(shard.entries, async (bytes) => {
      const at = performance.now();
      startedAt ??= at;
      await job.admit(bytes, signal);
      waitedMs += performance.now() - at;
    });
    const { exitCode, stderr, stderrCut } = await size.watch(carrier.carry(ends, names, chosen, signal));
    const now = performance.now();
    const elapsedMs = now - (startedAt ?? now) - waitedMs;
    codec.saw(chosen, weightOf(shard), elapsedMs);
    size.saw(weightOf(shard), elapsedMs);
    const complaints = readComplaints(stderr);
    if (exitCode > 2 || complaints.other.length > 0) throw transferError('source', exitCode, complaints.other.join('\n') || stderr);
    return { complaints, stderrCut };
  }

  private async account(mount: string, shard: Shard, complaints: TarComplaints): Promise<void> {
    const { job } = this.parts;
    for (const { name, reason } of complaints.unreadable) {
      const unit = absoluteText(mount, unescapeName(name));
      await job.quarantine({ unit, code: 'HOST_FILE_UNREADABLE', message: `The source cannot read it: ${reason}` });
    }
    const files = shard.entries.length - complaints.vanished.length - complaints.unreadable.length;
    this.sent.files += files;
    this.sent.bytes += shard.bytes;
    this.sent.restless += complaints.vanished.length + complaints.changed.length;
    job.count({ copiedFiles: files, copiedBytes: shard.bytes });
  }

  /** The names of one inode: also one of which nothing was heard may not have arrived. */
  private async putAside(mount: string, { entries }: Shard, complaints: TarComplaints): Promise<void> {
    const vanished = new Set(complaints.vanished.map(unescapeName));
    const reasons = new Map(complaints.unreadable.map(({ name, reason }) => [unescapeName(name), `The source cannot read it: ${reason}`]));
    for (const { path } of entries) {
      if (vanished.has(path)) continue;
      const message = reasons.get(path) ?? UNHEARD;
      await this.parts.job.quarantine({ unit: absoluteText(mount, path), code: 'HOST_FILE_UNREADABLE', message });
    }
    this.sent.restless += vanished.size;
  }
}

const UNHEARD = 'The source complains of more names of this file than can be kept: whether it could read this one is not known.';

/** Files go in the order of their walk, which is that of their paths in all rounds but the first into an empty filesystem. */
function filesAttributes(mount: string, { entries, bytes }: Shard): Record<string, string | number> {
  const [first, last] = [entries[0], entries.at(-1)];
  return {
    'smartant.path': first ? absoluteText(mount, first.path) : mount,
    'smartant.last_path': last ? absoluteText(mount, last.path) : mount,
    'smartant.files': entries.length,
    'smartant.bytes': bytes,
  };
}

/** Names in groups, each when what it may read is admitted. */
async function* paced(entries: Shard['entries'], admit: (bytes: number) => Promise<void>): AsyncGenerator<Buffer> {
  let names: PathBytes[] = [];
  let bytes = 0;
  for (const { path, size } of entries) {
    if (names.length > 0 && bytes + size > ADMIT_BYTES) {
      await admit(bytes);
      yield nameList(names);
      [names, bytes] = [[], 0];
    }
    names.push(path);
    bytes += size;
  }
  await admit(bytes);
  yield nameList(names);
}
