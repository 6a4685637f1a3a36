import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import { Decrypter, Encrypter } from 'age-encryption';
import { extract, pack, type Pack } from 'tar-stream';
import { backupUnreadable, passphraseWrong } from './backup-errors';

/** One file of an archive; small enough to be held in memory. */
export interface ArchiveEntry {
  name: string;
  content: Buffer;
}

/** No entry of ours is larger; a larger one is not read into memory. */
export const ENTRY_BYTES_AT_MOST = 64 << 20;

/** log2 of scrypt's N: about a second of one core for each guess. */
const PASSPHRASE_COST = 18;

/**
 * Writes a tar, compressed by zstd, encrypted by age with a passphrase (scrypt, ChaCha20-Poly1305: https://age-encryption.org/v1), so that
 * `age -d FILE | zstd -d | tar t` shows what is in it. The file has its name once it is whole and on disk, and only its owner reads it.
 */
export async function writeArchive(
  path: string,
  { passphrase, passphraseCost = PASSPHRASE_COST }: { passphrase: string; passphraseCost?: number },
  fill: (add: (entry: ArchiveEntry) => Promise<void>) => Promise<void>,
): Promise<void> {
  const partial = `${path}.partial`;
  const tar = pack();
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(passphraseCost);
  encrypter.setPassphrase(passphrase);
  const compressed = createZstdCompress();
  try {
    const encrypted = await encrypter.encrypt(Readable.toWeb(compressed) as ReadableStream<Uint8Array>);
    const written = pipeline(Readable.fromWeb(encrypted as never), createWriteStream(partial, { mode: 0o600, flags: 'w' }));
    const packed = pipeline(tar, compressed);
    const filled = fill((entry) => addEntry(tar, entry)).then(
      () => tar.finalize(),
      (error: Error) => tar.destroy(error),
    );
    await Promise.all([filled, packed, written]);
    await sync(partial);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Resolves when the next stage has taken the entry. */
function addEntry(tar: Pack, { name, content }: ArchiveEntry): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry({ name, mtime: new Date(0), mode: 0o600 }, content, (error) => (error ? reject(error) : resolve()));
  });
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  await file.sync().finally(() => file.close());
}

/** The entries of an archive, one in memory at a time. Raises BACKUP_UNREADABLE and BACKUP_PASSPHRASE_WRONG. */
export async function* readArchive(path: string, passphrase: string): AsyncGenerator<ArchiveEntry> {
  const plain = await decrypted(path, passphrase);
  const tar = extract();
  const flow = pipeline(plain, createZstdDecompress(), tar as unknown as Writable);
  // Its failure also ends the entries, where it is raised.
  flow.catch(() => undefined);
  try {
    for await (const entry of tar) {
      if ((entry.header.size ?? 0) > ENTRY_BYTES_AT_MOST) throw backupUnreadable(path, `its entry ${entry.header.name} is too large`);
      const pieces: Buffer[] = [];
      for await (const piece of entry) pieces.push(piece as Buffer);
      yield { name: entry.header.name, content: Buffer.concat(pieces) };
    }
    await flow;
  } catch (error) {
    throw (error as { code?: string }).code?.startsWith('BACKUP_') ? error : backupUnreadable(path, 'it is cut or was changed', error);
  } finally {
    tar.destroy();
    plain.destroy();
  }
}

async function decrypted(path: string, passphrase: string): Promise<Readable> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  const file = createReadStream(path);
  const opened = new Promise<never>((_, reject) => file.once('error', reject));
  try {
    const plain = await Promise.race([decrypter.decrypt(Readable.toWeb(file) as unknown as ReadableStream<Uint8Array>), opened]);
    return Readable.fromWeb(plain as never);
  } catch (error) {
    file.destroy();
    const { code, message } = error as { code?: string; message: string };
    if (code) throw backupUnreadable(path, code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`, error);
    throw /identit|passphrase|stanza/i.test(message) ? passphraseWrong(path, error) : backupUnreadable(path, 'it is no backup', error);
  }
}
