import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The version of the running program: `SMARTANT_VERSION`, which a deployment sets so that a canary is told apart from what is built of the same
 * package; else that of the package whose `dist/main.js` runs; else empty.
 */
export function programVersion(env: Record<string, string | undefined> = process.env, program = process.argv[1] ?? ''): string {
  if (env['SMARTANT_VERSION']) return env['SMARTANT_VERSION'];
  try {
    const description = JSON.parse(readFileSync(join(dirname(program), '..', 'package.json'), 'utf8')) as { version?: unknown };
    return typeof description.version === 'string' ? description.version : '';
  } catch {
    return '';
  }
}
