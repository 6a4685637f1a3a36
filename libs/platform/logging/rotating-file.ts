import { mkdirSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';

/** For the service and the group of whoever collects the files (`fsGroup`), nobody else: they name tenants and their objects. */
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

/** A file that is rotated at 20 MB, and daily where `daily` is set; at most ten old ones are kept (gzip). Makes the folder. */
export function openRotatingFile(folder: string, name: string, { daily = false } = {}): RotatingFileStream {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  const file = createStream(name, {
    path: folder,
    mode: FILE_MODE,
    size: '20M',
    ...(daily ? { interval: '1d' } : {}),
    maxFiles: 10,
    compress: 'gzip',
  });
  // rotating-file-stream 3.2 gives its mode to the current file only.
  file.on('rotated', (rotated: string) => void chmod(rotated, FILE_MODE).catch(() => undefined));
  return file;
}
