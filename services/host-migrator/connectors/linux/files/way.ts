import type { HostJob } from '../../../application/ports/host-engine';
import type { CommandEnd } from '../session/host-session';
import { workMark } from '../session/work-mark';
import { RelayCarrier, type Carrier, type Codec, type Feed, type Hear, type Lane } from './carrier';
import { DirectPath } from './direct-path';
import { inMemoryOf, type FactsOfBoth, type Sides } from './host-facts';
import { withdrawKey } from './migration-key';

export interface WayParts {
  job: Pick<HostJob, 'info' | 'migrationId' | 'epoch' | 'target' | 'scope'>;
  sides: Sides;
  facts: FactsOfBoth;
  lanes: readonly Lane[];
  /** Of a relay: whether the source is signed in to for each stream. Absent: yes. */
  apart?: boolean;
  /** Before the first lane's writer is asked for. */
  prepare?: () => Promise<unknown>;
}

/**
 * The way from source to target: straight where that is allowed, safe and works, else through us. Found out when something is to be carried:
 * a round without changes needs none, and finding out costs connections.
 */
export class Way implements Carrier {
  private opening: Promise<Carrier> | null = null;
  private current: Carrier | null = null;

  constructor(private readonly parts: WayParts) {}

  /** Null: nothing was carried. */
  get kind(): 'direct' | 'relay' | null {
    return this.current?.kind ?? null;
  }

  /** A failure is found again by whoever asks next. */
  open(signal: AbortSignal): Promise<Carrier> {
    this.opening ??= this.choose(signal).catch((error: unknown) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }

  async carry(lane: Lane, feed: Feed, codec: Codec, signal: AbortSignal, hear?: Hear): Promise<CommandEnd> {
    const carrier = await this.open(signal);
    return carrier.carry(lane, feed, codec, signal, hear);
  }

  /** Also after an abort, and after an attempt that left one behind (`anyway`): a key must not stay. */
  async close(anyway: boolean): Promise<void> {
    const carrier = await this.opening?.catch(() => null);
    if (carrier instanceof DirectPath) await carrier.close();
    else if (anyway) await this.withdraw().catch(() => undefined);
  }

  private async choose(signal: AbortSignal): Promise<Carrier> {
    await this.parts.prepare?.();
    return (this.current = (await this.openDirect(signal)) ?? this.relay());
  }

  private async openDirect(signal: AbortSignal): Promise<Carrier | null> {
    const { job, sides, facts, lanes } = this.parts;
    const { location } = job.target;
    const sourceDirectory = inMemoryOf(facts.ofSource);
    const targetDirectory = inMemoryOf(facts.ofTarget);
    if (job.scope.direct === 'never' || location.kind !== 'ssh' || location.user !== 'root') return null;
    if (!sourceDirectory || !targetDirectory) return null;
    const { migrationId } = job;
    try {
      const options = { ...sides, location, migrationId, sourceDirectory, targetDirectory, lanes, mark: workMark(job) };
      const direct = await DirectPath.open(options, signal);
      job.info('Data goes straight from source to target.', { host: location.host });
      return direct;
    } catch (error) {
      signal.throwIfAborted();
      job.info('Data goes through the migrator: source and target do not reach each other.', { reason: reasonOf(error) });
      return null;
    }
  }

  private relay(): RelayCarrier {
    const { sides, apart = true } = this.parts;
    return new RelayCarrier(sides.source, sides.target, { source: apart, target: true });
  }

  private async withdraw(): Promise<void> {
    const { job, sides, facts } = this.parts;
    const sourceDirectory = inMemoryOf(facts.ofSource);
    if (!sourceDirectory || job.target.location.kind !== 'ssh') return;
    await withdrawKey({ ...sides, migrationId: job.migrationId, sourceDirectory });
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message.slice(0, 500) : 'unknown');
