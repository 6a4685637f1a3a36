import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { SmartantError } from '@smartant/kernel';

export interface SiteFile {
  contentType: string;
  /** The file itself, and as it was compressed at build. */
  identity: Buffer;
  br?: Buffer;
  gzip?: Buffer;
}

/** Files of a built page by their path in its folder, such as `assets/app-3f9c.js`. */
export type SiteFiles = ReadonlyMap<string, SiteFile>;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/**
 * Reads a whole built page into memory: a few MiB, and no path of a request ever reaches the file system. Files of other kinds (source
 * maps, records of the build) are left out. Raises SITE_FILES_MISSING for a folder without an index.html.
 */
export async function loadSiteFiles(folder: string): Promise<SiteFiles> {
  const files = new Map<string, SiteFile>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = new Set(entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)));
  for (const path of paths) {
    const contentType = CONTENT_TYPES[extname(path)];
    if (contentType === undefined) continue;
    files.set(relative(folder, path), {
      contentType,
      identity: await readFile(path),
      ...(paths.has(`${path}.br`) && { br: await readFile(`${path}.br`) }),
      ...(paths.has(`${path}.gz`) && { gzip: await readFile(`${path}.gz`) }),
    });
  }
  if (files.has('index.html')) return files;
  throw new SmartantError('SITE_FILES_MISSING', `The folder ${folder} holds no built pages.`, {
    kind: 'invalid',
    hint: 'Build them with: npm run build.',
  });
}
