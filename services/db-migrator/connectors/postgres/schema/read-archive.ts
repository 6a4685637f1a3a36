import { SmartantError } from '@smartant/kernel';
import { ByteReader } from './byte-reader';
import type { DumpEntry } from './dump-entry';

const SECTIONS: Record<number, DumpEntry['section']> = { 1: 'none', 2: 'pre', 3: 'data', 4: 'post' };
const CUSTOM_FORMAT = 1;
/** Of pg_dump 12; older ones lack fields that are read here. */
const OLDEST_VERSION = 14;
/** Of pg_dump 17 and 18. */
const NEWEST_VERSION = 16;
const OLDEST_READABLE = 13;

/**
 * Reads the table of contents of a dump in the custom format (pg_dump -Fc) while it is written, one entry at a time; what comes after it is
 * left alone. The archive says exactly what each statement is for and what it depends on, which the script that pg_restore makes of it does
 * not. Its layout: ReadHead and ReadToc in https://github.com/postgres/postgres/blob/REL_18_STABLE/src/bin/pg_dump/pg_backup_archiver.c
 *
 * Raises POSTGRES_DUMP_UNREADABLE for what is no such archive, and for a format newer than 1.16.
 */
export async function* readArchive(chunks: AsyncIterable<Buffer>): AsyncGenerator<DumpEntry> {
  const reader = new ArchiveReader(new ByteReader(chunks));
  const count = await reader.head();
  for (let index = 0; index < count; index += 1) yield await reader.entry();
}

class ArchiveReader {
  private minor = 0;
  private intBytes = 4;
  private offsetBytes = 8;

  constructor(private readonly bytes: ByteReader) {}

  /** Resolves with the number of entries. */
  async head(): Promise<number> {
    if ((await this.bytes.take(5)).toString('latin1') !== 'PGDMP') throw unreadable('it does not begin as an archive does');
    const [major = 0, minor = 0] = await this.bytes.take(3);
    this.minor = minor;
    if (major !== 1 || minor < OLDEST_READABLE || minor > NEWEST_VERSION) throw unreadable(`its format is ${major}.${minor}`);
    [this.intBytes = 4, this.offsetBytes = 8] = await this.bytes.take(2);
    const [format] = await this.bytes.take(1);
    if (format !== CUSTOM_FORMAT) throw unreadable('it is not in the custom format');
    // The compression: one byte names it since 1.15, a number tells its level before.
    if (minor >= 15) await this.bytes.take(1);
    else await this.integer();
    for (let field = 0; field < 7; field += 1) await this.integer(); // when it was made
    for (let field = 0; field < 3; field += 1) await this.text(); // database, version of the server, of pg_dump
    return this.integer();
  }

  async entry(): Promise<DumpEntry> {
    const id = await this.integer();
    await this.integer(); // whether it has data
    const [classOid, oid, tag, kind] = [await this.text(), await this.text(), await this.text(), await this.text()];
    const section = SECTIONS[await this.integer()] ?? 'none';
    const [statement, dropStatement] = [await this.text(), await this.text()];
    await this.text(); // the COPY statement
    const schema = await this.text();
    const tablespace = await this.text();
    const accessMethod = this.minor >= OLDEST_VERSION ? await this.text() : '';
    if (this.minor >= 16) await this.integer(); // relkind
    const owner = await this.text();
    await this.text(); // WITH OIDS, which is gone
    const dependsOn: number[] = [];
    for (let text = await this.textOrNull(); text !== null; text = await this.textOrNull()) dependsOn.push(Number(text));
    await this.bytes.take(1 + this.offsetBytes); // where its data begin
    return { id, classOid, oid, tag, kind, section, statement, dropStatement, schema, owner, tablespace, accessMethod, dependsOn };
  }

  /** A sign, then the bytes of the number, lowest first. */
  private async integer(): Promise<number> {
    const bytes = await this.bytes.take(1 + this.intBytes);
    const value = bytes.readUIntLE(1, this.intBytes);
    return bytes[0] === 0 ? value : -value;
  }

  private async text(): Promise<string> {
    return (await this.textOrNull()) ?? '';
  }

  private async textOrNull(): Promise<string | null> {
    const length = await this.integer();
    return length < 0 ? null : (await this.bytes.take(length)).toString('utf8');
  }
}

function unreadable(why: string): SmartantError {
  return new SmartantError('POSTGRES_DUMP_UNREADABLE', `What pg_dump wrote cannot be read: ${why}.`, {
    kind: 'internal',
    actor: 'operator',
    hint: 'Use the client programs of PostgreSQL 12 to 18.',
  });
}
