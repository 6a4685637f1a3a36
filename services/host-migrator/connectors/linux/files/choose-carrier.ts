import type { HostJob } from '../../../application/ports/host-engine';
import type { HostSession } from '../session/host-session';
import { workMark } from '../session/work-mark';
import { RelayCarrier, type Carrier, type Codec, type Lane } from './carrier';
import { DirectPath } from './direct-path';
import { takeWorkDirectories, type WorkDirectory } from './work-directory';

/** Both hosts of a migration. */
export interface Sides {
  source: HostSession;
  target: HostSession;
}

export interface Directories {
  ofSource: readonly WorkDirectory[];
  ofTarget: readonly WorkDirectory[];
}

const CLOSE_MS = 15_000;

export async function takeAtBoth({ source, target }: Sides, migrationId: string, signal: AbortSignal): Promise<Directories> {
  const [ofSource, ofTarget] = await Promise.all([
    takeWorkDirectories(source, migrationId, signal),
    takeWorkDirectories(target, migrationId, signal),
  ]);
  return { ofSource, ofTarget };
}

interface WayParts extends Directories {
  lanes: readonly Lane[];
  /** Absent: yes. Of `RelayCarrier`. */
  apart?: boolean;
}

/** Straight from source to target where that is allowed, safe and works; else through us. */
export async function chooseCarrier(job: HostJob, { source, target }: Sides, parts: WayParts, signal: AbortSignal): Promise<Carrier> {
  const relay = new RelayCarrier(source, target, parts.apart);
  const { location } = job.target;
  const sourceDirectory = parts.ofSource.find(({ inMemory }) => inMemory);
  const targetDirectory = parts.ofTarget.find(({ inMemory }) => inMemory);
  if (job.scope.direct === 'never' || location.kind !== 'ssh' || location.user !== 'root') return relay;
  if (!sourceDirectory || !targetDirectory) return relay;
  const { migrationId } = job;
  const { lanes } = parts;
  try {
    const direct = await DirectPath.open(
      { source, target, location, migrationId, sourceDirectory, targetDirectory, lanes, mark: workMark(job) },
      signal,
    );
    job.info('Data goes straight from source to target.', { host: location.host });
    return direct;
  } catch (error) {
    signal.throwIfAborted();
    job.info('Data goes through the migrator: source and target do not reach each other.', { reason: reasonOf(error) });
    return relay;
  }
}

/** Also after an abort: a key must not stay. */
export async function closeCarrier(carrier: Carrier): Promise<void> {
  if (carrier instanceof DirectPath) await carrier.close(AbortSignal.timeout(CLOSE_MS)).catch(() => undefined);
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message.slice(0, 500) : 'unknown');

export async function commonCodec({ source, target }: Sides, signal: AbortSignal): Promise<Codec> {
  const script = 'for p in zstd gzip; do command -v "$p" >/dev/null && echo "$p"; done; exit 0';
  const both = await Promise.all([source, target].map((session) => session.run(['sh', '-c', script], { signal })));
  const [ofSource, ofTarget] = both.map(({ stdout }) => stdout.toString('utf8').split('\n'));
  return (['zstd', 'gzip'] as const).find((codec) => ofSource?.includes(codec) && ofTarget?.includes(codec)) ?? 'none';
}

const LEAST_STREAMS = 2;
const MOST_STREAMS = 4;

/** As many as the smaller side has cores, within bounds: the programs at both ends are what takes time. */
export async function streamCount(job: HostJob, { source, target }: Sides, signal: AbortSignal): Promise<number> {
  if (job.scope.streams > 0) return job.scope.streams;
  const script = 'getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c ^processor /proc/cpuinfo';
  const counts = await Promise.all([source, target].map((session) => session.run(['sh', '-c', script], { signal })));
  const cores = Math.min(...counts.map(({ stdout }) => Number(stdout.toString('utf8').trim()) || 1));
  return Math.min(Math.max(cores, LEAST_STREAMS), MOST_STREAMS);
}
