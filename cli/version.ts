import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Version of this command, from its package; the sources lie beside it, the built form one folder below. */
export const version = readVersion([join(__dirname, 'package.json'), join(__dirname, '..', 'package.json')]);

function readVersion(paths: string[]): string {
  for (const path of paths) {
    try {
      return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
    } catch {
      continue;
    }
  }
  return '0.0.0';
}
