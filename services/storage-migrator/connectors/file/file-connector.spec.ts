import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeStorageReader, HOSTILE_KEYS, type StorageHarness } from '@smartant/connector-testkit';
import { openStorage } from '../connectors';

async function fileHarness(): Promise<StorageHarness> {
  const root = mkdtempSync(join(tmpdir(), 'smartant-contract-'));
  mkdirSync(join(root, 'base'));
  const location = { kind: 'file', rootPath: root, path: 'base' } as const;
  return {
    open: (options = {}) => openStorage(location, { secret: async () => ({ kind: 'none' }), ...options }),
    seed: async (objects) => {
      for (const { key, bytes } of objects) {
        const path = join(root, 'base', key);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, bytes);
      }
    },
    remove: async (keys) => {
      for (const key of keys) rmSync(join(root, 'base', key));
    },
    broken: {
      STORAGE_FILE_NOT_FOUND: () => openStorage({ ...location, path: 'absent' }, { secret: async () => ({ kind: 'none' }) }),
      STORAGE_PATH_OUTSIDE_ROOT: () => openStorage({ ...location, path: '../..' }, { secret: async () => ({ kind: 'none' }) }),
    },
    close: async () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Not names of files: those are keys that only an object store has. */
const notFiles = HOSTILE_KEYS.filter(
  (key) => key === 'n/b' || key === 'folder/' || key.length > 255 || /(^|\/)\.{0,2}\/|(^|\/)\.\.$/.test(key),
);

describeStorageReader('files', fileHarness, { refusedKeys: notFiles });
