import { SmartantError, toSmartantError } from '@smartant/kernel';
import type { PgSession } from '../session/pg-session';
import { CopyBookkeeping } from './copy-bookkeeping';
import { isOfTable } from './copy-errors';
import type { CopyOptions } from './copy-options';
import { applicationNameOf, openForWriting, openUnderSnapshot } from './copy-sessions';
import { LargeObjectRows } from './large-object-rows';

export type LargeObjectOptions = Pick<
  CopyOptions,
  'source' | 'target' | 'migrationId' | 'epoch' | 'snapshot' | 'targetPolicy' | 'admit' | 'quarantine' | 'signal'
> & {
  /** Once for each batch that was committed. */
  onCopied?: (copied: { objects: number; bytes: number }) => void;
};

/** A multiple of the server's pages of large objects (2 KiB), so that none is written twice. */
const CHUNK_BYTES = 1024 * 1024;
const BATCH_OBJECTS = 500;
const BATCH_BYTES = 16 * 1024 * 1024;

/**
 * Copies all large objects of the database with their oids, by chunks, in batches of one transaction each. The stream of changes does not
 * carry large objects, so they are as of the snapshot; a call under another snapshot copies them anew and removes those that are gone.
 * Can be called again after a crash, and goes on. An object that may not be read, or whose oid the target uses itself, is quarantined.
 * Raises DATABASE_SNAPSHOT_LOST, COPY_FENCED, CANCELLED and what the servers raise.
 */
export async function copyLargeObjects(options: LargeObjectOptions): Promise<{ objects: number; bytes: number }> {
  const name = applicationNameOf(options);
  const bookkeeping = new CopyBookkeeping(options.migrationId, options.epoch);
  const source = await openUnderSnapshot(options, name);
  try {
    const target = await openForWriting(options, name);
    try {
      await bookkeeping.take(target, options.signal);
      return await new LargeObjectCopy(options, bookkeeping, source, target).run();
    } finally {
      await target.close();
    }
  } catch (error) {
    throw toSmartantError(error);
  } finally {
    await source.close();
  }
}

class LargeObjectCopy {
  private readonly rows: LargeObjectRows;

  constructor(
    private readonly options: LargeObjectOptions,
    private readonly bookkeeping: CopyBookkeeping,
    private readonly source: PgSession,
    private readonly target: PgSession,
  ) {
    this.rows = new LargeObjectRows(options.migrationId, options.snapshot);
  }

  async run(): Promise<{ objects: number; bytes: number }> {
    await this.rows.make(this.target);
    for (let after = await this.rows.last(this.target); ;) {
      const oids = await this.next(after);
      if (oids.length === 0) break;
      for (let done = 0; done < oids.length;) {
        const copied = await this.inTransaction(() => this.copyBatch(oids.slice(done)));
        this.options.onCopied?.({ objects: copied.objects, bytes: copied.bytes });
        done += copied.passed;
      }
      after = oids.at(-1) ?? after;
    }
    await this.inTransaction(() => this.rows.removeOthers(this.target));
    await this.bookkeeping.makeDurable(this.target, this.options.signal);
    return this.rows.totals(this.target);
  }

  private async next(after: string): Promise<string[]> {
    const page = await this.source.query(
      `SELECT oid FROM pg_largeobject_metadata WHERE oid > $1::oid ORDER BY oid LIMIT ${BATCH_OBJECTS}`,
      [after],
      this.options.signal,
    );
    return page.map((row) => row['oid'] ?? '');
  }

  private async inTransaction<T>(work: () => Promise<T>): Promise<T> {
    return this.target.transaction(async () => {
      const result = await work();
      await this.bookkeeping.checkHeld(this.target);
      return result;
    });
  }

  /** Objects until the batch is large enough. */
  private async copyBatch(oids: string[]): Promise<{ objects: number; bytes: number; passed: number }> {
    const copied = { objects: 0, bytes: 0, passed: 0 };
    for (const oid of oids) {
      const bytes = await this.copyOrPutAside(oid);
      copied.passed += 1;
      if (bytes !== null) copied.objects += 1;
      copied.bytes += bytes ?? 0;
      if (copied.bytes >= BATCH_BYTES) break;
    }
    return copied;
  }

  private async copyOrPutAside(oid: string): Promise<number | null> {
    const sessions = [this.source, this.target];
    for (const session of sessions) await session.query('SAVEPOINT object', undefined, this.options.signal);
    try {
      const bytes = await this.copyObject(oid);
      for (const session of sessions) await session.query('RELEASE SAVEPOINT object');
      return bytes;
    } catch (error) {
      if (!(error instanceof SmartantError) || !isOfTable(error)) throw error;
      for (const session of sessions) await session.query('ROLLBACK TO SAVEPOINT object; RELEASE SAVEPOINT object');
      await this.options.quarantine({ unit: `large object ${oid}`, code: error.code, message: error.message });
      return null;
    }
  }

  /** The bytes stay in the text form that one server wrote and the other reads. */
  private async copyObject(oid: string): Promise<number> {
    const { signal, admit, targetPolicy } = this.options;
    await this.rows.clear(this.target, oid, targetPolicy === 'replace');
    await this.target.query(`SELECT lo_create(${oid})`, undefined, signal);
    let bytes = 0;
    for (;;) {
      await admit(CHUNK_BYTES, signal);
      const [row] = await this.source.query(`SELECT lo_get(${oid}, ${bytes}, ${CHUNK_BYTES}) AS chunk`, undefined, signal);
      const chunk = row?.['chunk'] ?? '\\x';
      const length = (chunk.length - '\\x'.length) / 2;
      if (length > 0) await this.target.query(`SELECT lo_put(${oid}, ${bytes}, $1::bytea)`, [chunk], signal);
      bytes += length;
      if (length < CHUNK_BYTES) break;
    }
    await this.rows.add(this.target, oid, bytes);
    return bytes;
  }
}
