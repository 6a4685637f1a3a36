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
const PAGE_OBJECTS = 512;
/** First chunks that are read at once. */
const GROUP_OBJECTS = 16;
const BATCH_BYTES = 16 * 1024 * 1024;

/**
 * Copies all large objects of the database with their oids, by chunks, in batches of one transaction each. The stream of changes does not
 * carry large objects, so they are as of the snapshot; a call under another snapshot copies them anew and removes those that are gone.
 * Can be called again after a crash, and goes on. An object that may not be read, or whose oid the target uses itself, is quarantined,
 * and tried again by the next call. Raises DATABASE_SNAPSHOT_LOST, DATABASE_EPOCH_STALE, CANCELLED and what the servers raise.
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
    for (let after = '0'; ;) {
      const page = await this.next(after);
      if (page.length === 0) break;
      const oids = await this.rows.missing(this.target, page);
      for (let done = 0; done < oids.length;) {
        const batch = await this.inTransaction(() => this.copyBatch(oids.slice(done)));
        this.options.onCopied?.({ objects: batch.objects, bytes: batch.bytes });
        done += batch.passed;
      }
      after = page.at(-1) ?? after;
    }
    await this.inTransaction(() => this.rows.removeOthers(this.target));
    await this.bookkeeping.makeDurable(this.target, this.options.signal);
    return this.rows.totals(this.target);
  }

  private async next(after: string): Promise<string[]> {
    const page = await this.source.query(
      `SELECT oid FROM pg_largeobject_metadata WHERE oid > $1::oid ORDER BY oid LIMIT ${PAGE_OBJECTS}`,
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

  /** Groups of objects until the batch is large enough. */
  private async copyBatch(oids: string[]): Promise<{ objects: number; bytes: number; passed: number }> {
    const batch = { objects: 0, bytes: 0, passed: 0 };
    while (batch.passed < oids.length && batch.bytes < BATCH_BYTES) {
      const group = oids.slice(batch.passed, batch.passed + GROUP_OBJECTS);
      const copied = await this.copyGroup(group);
      batch.passed += group.length;
      batch.objects += copied.length;
      batch.bytes += copied.reduce((sum, { bytes }) => sum + bytes, 0);
    }
    return batch;
  }

  /** Together; when one of them fails, each by itself. */
  private async copyGroup(oids: string[]): Promise<{ oid: string; bytes: number }[]> {
    const sessions = [this.source, this.target];
    for (const session of sessions) await session.query('SAVEPOINT objects', undefined, this.options.signal);
    try {
      const copied = await this.copyObjects(oids);
      for (const session of sessions) await session.query('RELEASE SAVEPOINT objects');
      return copied;
    } catch (error) {
      if (!(error instanceof SmartantError) || !isOfTable(error)) throw error;
      for (const session of sessions) await session.query('ROLLBACK TO SAVEPOINT objects; RELEASE SAVEPOINT objects');
      if (oids.length > 1) return (await inTurn(oids, (oid) => this.copyGroup([oid]))).flat();
      await this.options.quarantine({ unit: `large object ${oids[0]}`, code: error.code, message: error.message });
      return [];
    }
  }

  /** The bytes stay in the text form that one server wrote and the other reads. */
  private async copyObjects(oids: string[]): Promise<{ oid: string; bytes: number }[]> {
    const { signal, admit, targetPolicy } = this.options;
    await this.rows.clear(this.target, oids, targetPolicy === 'replace');
    await admit(CHUNK_BYTES, signal, 1);
    const first = await this.source.query(
      `SELECT oid, lo_get(oid, 0, ${CHUNK_BYTES}) AS chunk FROM unnest($1::oid[]) AS f(oid)`,
      [`{${oids.join(',')}}`],
      signal,
    );
    const objects = first.map((row) => ({ oid: row['oid'] ?? '', chunk: row['chunk'] ?? '\\x' }));
    // How large they are is known only now.
    const bytes = objects.reduce((sum, { chunk }) => sum + lengthOf(chunk), 0);
    if (bytes > CHUNK_BYTES) await admit(bytes - CHUNK_BYTES, signal);
    await this.rows.create(this.target, objects, signal);
    const copied = await inTurn(objects, async ({ oid, chunk }) => ({ oid, bytes: await this.copyRest(oid, lengthOf(chunk)) }));
    await this.rows.add(this.target, copied);
    return copied;
  }

  /** What follows the first chunk; resolves with the length of the whole. */
  private async copyRest(oid: string, first: number): Promise<number> {
    const { signal, admit } = this.options;
    let bytes = first;
    for (let length = first; length === CHUNK_BYTES; bytes += length) {
      await admit(CHUNK_BYTES, signal, 1);
      const [row] = await this.source.query(`SELECT lo_get(${oid}, ${bytes}, ${CHUNK_BYTES}) AS chunk`, undefined, signal);
      const chunk = row?.['chunk'] ?? '\\x';
      length = lengthOf(chunk);
      if (length > 0) await this.target.query(`SELECT lo_put(${oid}, ${bytes}, $1::bytea)`, [chunk], signal);
    }
    return bytes;
  }
}

/** Of bytea in its hex form. */
function lengthOf(chunk: string): number {
  return (chunk.length - '\\x'.length) / 2;
}

async function inTurn<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
