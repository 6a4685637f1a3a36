import { SmartantError } from '@smartant/kernel';
import type { HostSession } from '../../session/host-session';
import { nameList, type PathBytes } from '../path-bytes';

/** One that cannot be read makes a line, too: it is told by its place. */
const ONE_BY_ONE = 'for f; do sha256sum <"$f" || echo; done';

/** SHA-256 (hex) of each file's content, as a host tells it. A file that it could not read is missing. */
export async function readDigests(
  session: HostSession,
  directory: string,
  paths: readonly PathBytes[],
  signal: AbortSignal,
): Promise<Map<PathBytes, string>> {
  const lines = await runOver(session, directory, paths, ['sha256sum', '--'], signal);
  const digests = new Map<PathBytes, string>();
  for (const line of lines) {
    // A name with a backslash or a line end is written escaped, and its line begins with a backslash.
    const [, escaped, digest, name] = /^(\\?)([0-9a-f]{64}) [ *](.*)$/s.exec(line) ?? [];
    if (digest === undefined || name === undefined) continue;
    digests.set(escaped === '' ? name : name.replace(/\\(.)/g, (_, letter: string) => UNESCAPED[letter] ?? letter), digest);
  }
  // The sha256sum of uutils spoils names that are no UTF-8: those have not been told by their own.
  const untold = paths.filter((path) => !digests.has(path));
  const again = await runOver(session, directory, untold, ['sh', '-c', ONE_BY_ONE, 'sh'], signal);
  untold.forEach((path, index) => {
    const digest = /^([0-9a-f]{64}) /.exec(again[index] ?? '')?.[1];
    if (digest !== undefined) digests.set(path, digest);
  });
  return digests;
}

const UNESCAPED: Record<string, string> = { n: '\n', r: '\r', '\\': '\\' };
const KEPT = /^(?:user|trusted|security|system\.posix_acl)/;

/** Extended attributes of each entry that has any, ACLs and labels and capabilities among them: names to values in hexadecimal. */
export async function readAttributes(
  session: HostSession,
  directory: string,
  paths: readonly PathBytes[],
  signal: AbortSignal,
): Promise<Map<PathBytes, Record<string, string>>> {
  const command = ['getfattr', '--absolute-names', '--no-dereference', '--dump', '--match=-', '--encoding=hex', '--'];
  const found = new Map<PathBytes, Record<string, string>>();
  let current: Record<string, string> = {};
  for (const line of await runOver(session, directory, paths, command, signal)) {
    if (line.startsWith('# file: ')) {
      current = {};
      found.set(unescapeOctal(line.slice(8)), current);
      continue;
    }
    const at = line.indexOf('=');
    const name = at < 0 ? line : line.slice(0, at);
    if (name !== '' && KEPT.test(name)) current[name] = at < 0 ? '' : line.slice(at + 1);
  }
  return found;
}

/** getfattr writes a backslash and line ends as three octal digits. */
function unescapeOctal(name: string): PathBytes {
  return name.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/** Whether both have `getfattr`. */
export async function haveAttributes(sessions: readonly HostSession[], signal: AbortSignal): Promise<boolean> {
  const script = 'command -v getfattr >/dev/null';
  const found = await Promise.all(sessions.map((session) => session.run(['sh', '-c', script], { signal, okCodes: [0, 1, 127] })));
  return found.every(({ exitCode }) => exitCode === 0);
}

/** Runs a program over names and gives its lines, as latin1. Names that it fails over tell so on stderr, and are missing. */
async function runOver(
  session: HostSession,
  directory: string,
  paths: readonly PathBytes[],
  command: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  if (paths.length === 0) return [];
  const script = 'cd -- "$1"; shift; exec xargs -0 -r "$@"';
  const argv = ['sh', '-c', script, 'sh', directory, ...command];
  const result = await session.run(argv, { signal, stdin: nameList(paths), okCodes: [0, 1, 123], maxOutputBytes: OUTPUT_BYTES });
  if (result.exitCode === 0 || result.stderr !== '') return result.stdout.toString('latin1').split('\n');
  throw new SmartantError('HOST_DIGESTS_FAILED', 'A host could not read the contents of files for the comparison.', {
    kind: 'unavailable',
    hint: 'Look at the transcript for what its programs said.',
    details: { program: command[0] ?? '' },
  });
}

/** Extended attributes of one file can be 64 KiB, and thousands of files are asked at once. */
const OUTPUT_BYTES = 256 * 1024 * 1024;
