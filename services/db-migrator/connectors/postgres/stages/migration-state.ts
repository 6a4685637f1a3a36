import { SmartantError } from '@smartant/kernel';
import type { DatabaseVerification, JobState } from '../../../application/ports/database-engine';
import { OPENING } from '../../../domain/stages';
import type { TableName } from '../catalog/catalog';
import type { SlotIdentity } from '../replication/slot';

/** Who a server is. */
export interface DatabaseIdentity {
  systemIdentifier: string;
  timeline: number;
  databaseOid: string;
}

/** A change stream: where it begins, and by which names. */
export interface StreamOrigin {
  slot: SlotIdentity;
  publications: string[];
}

/** Tables that are brought in while the stream goes on for the others. */
export interface TableSync {
  /** Has their changes from the snapshot on under which they are copied. */
  slot: SlotIdentity;
  publications: string[];
  tables: TableName[];
  /** The tables, of those and what they are parts of, that the target did not have. */
  made: TableName[];
  /** Under which the target remembers the statements that make them. */
  schemaId: string;
  /** The stream takes their changes along from now on: it alone. */
  isCaughtUp: boolean;
}

interface Kept {
  source?: DatabaseIdentity;
  target?: DatabaseIdentity;
  /** Source to target. */
  stream?: StreamOrigin;
  /** Target to source, from the cutover on. */
  streamBack?: StreamOrigin;
  /** Absent: all tables are in the stream. */
  sync?: TableSync;
  /** Some tables made room for the stream: what looks at the rows of all of them waits until they are brought in. */
  copyYielded?: boolean;
  /** Requests of tables to be copied again that were heard, by table. */
  resynced?: Record<string, number>;
  frozenAt?: string;
  /** Of a rollback under way: since when the target stands still. */
  targetFrozenAt?: string;
  /** Everything came back to the source: from now on it is the one in use. */
  givenBack?: boolean;
  /** Set before the target is opened: nothing gives the source back from then on. */
  [OPENING]?: boolean;
  /** Of the cutover, for whoever finds the target open. */
  verification?: DatabaseVerification;
}

/** What a migration remembers between its stages, typed. What must be true together with rows is at the target instead. */
export class MigrationState {
  constructor(private readonly state: JobState) {}

  async load(): Promise<Kept> {
    return (await this.state.load()) as Kept;
  }

  async save(change: Partial<{ [K in keyof Kept]: Kept[K] | null }>): Promise<void> {
    await this.state.save(change);
  }

  /** Raises DATABASE_STAGE_ORDER when the stage that makes it was never done. */
  async stream(direction: 'stream' | 'streamBack'): Promise<StreamOrigin> {
    const origin = (await this.load())[direction];
    if (origin) return origin;
    throw new SmartantError('DATABASE_STAGE_ORDER', `The migration has no change stream yet (${direction}).`, { kind: 'internal' });
  }

  /** Writes down who the servers are, or raises DATABASE_SOURCE_CHANGED where one is not who it was. */
  async identify(source: DatabaseIdentity, target: DatabaseIdentity): Promise<void> {
    const known = await this.load();
    assertSame('source', known.source, source);
    assertSame('target', known.target, target);
    if (!known.source || !known.target) await this.save({ source, target });
  }
}

function assertSame(side: 'source' | 'target', known: DatabaseIdentity | undefined, now: DatabaseIdentity): void {
  // A target may fail over: its positions are in it. At the source the timeline decides what is in the log.
  const isSame =
    !known ||
    (known.systemIdentifier === now.systemIdentifier &&
      known.databaseOid === now.databaseOid &&
      (side === 'target' || known.timeline === now.timeline));
  if (isSame) return;
  throw new SmartantError('DATABASE_SOURCE_CHANGED', `The ${side} is another server, or another database, than the migration began with.`, {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Changes may be missing: begin the migration again.',
    details: { side, systemIdentifier: now.systemIdentifier, timeline: String(now.timeline) },
  });
}
