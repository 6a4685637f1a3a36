/** A file of an archive for an initramfs. */
export interface CpioFile {
  /** Without a leading slash; its directories are made as needed. */
  path: string;
  mode: number;
  content: Buffer | string;
}

const DIRECTORY = 0o040700;
const REGULAR = 0o100000;

/**
 * An archive in the "newc" form, which kernels take as (one more) part of an initramfs
 * (https://www.kernel.org/doc/html/latest/driver-api/early-userspace/buffer-format.html). All belongs to root. Its length is a multiple of
 * 512, so that another archive, compressed or not, may follow it.
 */
export function cpioArchive(files: readonly CpioFile[]): Buffer {
  const pieces: Buffer[] = [];
  const made = new Set<string>();
  let inode = 1;
  for (const { path, mode, content } of files) {
    const folders = path.split('/').slice(0, -1);
    for (const [at] of folders.entries()) {
      const folder = folders.slice(0, at + 1).join('/');
      if (!made.has(folder)) pieces.push(entry({ inode: inode++, mode: DIRECTORY, name: folder, content: Buffer.alloc(0) }));
      made.add(folder);
    }
    pieces.push(entry({ inode: inode++, mode: REGULAR | mode, name: path, content: Buffer.from(content) }));
  }
  pieces.push(entry({ inode: 0, mode: 0, name: 'TRAILER!!!', content: Buffer.alloc(0) }));
  return padded(Buffer.concat(pieces), 512);
}

function entry({ inode, mode, name, content }: { inode: number; mode: number; name: string; content: Buffer }): Buffer {
  const links = (mode & DIRECTORY) === (DIRECTORY & 0o170000) ? 2 : 1;
  const fields = [inode, mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, Buffer.byteLength(name) + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return Buffer.concat([padded(Buffer.from(header), 4), padded(content, 4)]);
}

function padded(bytes: Buffer, step: number): Buffer {
  const missing = (step - (bytes.length % step)) % step;
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}
