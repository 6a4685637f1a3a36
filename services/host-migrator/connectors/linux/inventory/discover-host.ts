import type { HostSession } from '../session/host-session';
import { readInventory } from './read-inventory';
import { pathInvalid } from '../session/session-errors';

export interface HostItem {
  /** Absolute; bytes that are not UTF-8 are written as "\xNN". */
  path: string;
  kind: 'disk' | 'filesystem' | 'directory';
  /** Of a filesystem: what is used; of a directory: all that is in it on the same filesystem; 0 where that took too long to add up. */
  sizeBytes: number;
}

export interface HostPage {
  items: HostItem[];
  nextPageToken: string;
}

const DEFAULT_PAGE = 100;
const LARGEST_PAGE = 1_000;
/** For adding up the sizes of a page. */
const SUM_SECONDS = 20;

/**
 * What there is at a host, for choosing from. `path` empty: disks, then filesystems. An absolute directory: its directories in the order of their
 * bytes, with sizes. Raises HOST_PATH_INVALID.
 */
export async function discoverHost(
  session: HostSession,
  path: string,
  { pageSize, pageToken }: { pageSize: number; pageToken: string },
  signal: AbortSignal,
): Promise<HostPage> {
  const size = Math.min(pageSize || DEFAULT_PAGE, LARGEST_PAGE);
  if (path !== '' && !path.startsWith('/')) throw pathInvalid(path);
  return path === '' ? discoverDevices(session, size, pageToken, signal) : discoverDirectories(session, path, size, pageToken, signal);
}

async function discoverDevices(session: HostSession, size: number, pageToken: string, signal: AbortSignal): Promise<HostPage> {
  const { inventory } = await readInventory(session, signal);
  const all: HostItem[] = [
    ...inventory.disks.map(({ path, sizeBytes }) => ({ path, kind: 'disk' as const, sizeBytes })),
    ...inventory.fileSystems.map(({ mount, usedBytes }) => ({ path: mount, kind: 'filesystem' as const, sizeBytes: usedBytes })),
  ];
  const from = Number(pageToken) || 0;
  const next = from + size;
  return { items: all.slice(from, next), nextPageToken: next < all.length ? String(next) : '' };
}

async function discoverDirectories(
  session: HostSession,
  path: string,
  size: number,
  pageToken: string,
  signal: AbortSignal,
): Promise<HostPage> {
  const folder = path.replace(/\/+$/, '') || '/';
  const { exitCode, stdout } = await session.run(['find', folder, '-mindepth', '1', '-maxdepth', '1', '-type', 'd', '-print0'], {
    signal,
    okCodes: [0, 1],
  });
  if (exitCode !== 0 && stdout.length === 0) throw pathInvalid(path);
  const after = Buffer.from(pageToken, 'base64url');
  const names = splitZero(stdout)
    .sort(Buffer.compare)
    .filter((name) => pageToken === '' || Buffer.compare(name, after) > 0);
  const page = names.slice(0, size);
  const sizes = page.length > 0 ? await sumUp(session, page, signal) : new Map<string, number>();
  return {
    items: page.map((name) => ({ path: readable(name), kind: 'directory', sizeBytes: sizes.get(name.toString('latin1')) ?? 0 })),
    nextPageToken: names.length > size ? page.at(-1)!.toString('base64url') : '',
  };
}

/** Names go over stdin: they may be no UTF-8. What is not added up in time is missing. */
async function sumUp(session: HostSession, names: readonly Buffer[], signal: AbortSignal): Promise<Map<string, number>> {
  const argv = ['timeout', String(SUM_SECONDS), 'du', '-x', '-s', '-k', '-0', '--files0-from=-'];
  const stdin = Buffer.concat(names.flatMap((name) => [name, Buffer.from([0])]));
  const { stdout } = await session.run(argv, { signal, stdin, okCodes: [0, 1, 124] });
  return new Map(
    splitZero(stdout).map((row) => {
      const tab = row.indexOf(9);
      return [row.toString('latin1', tab + 1), Number(row.toString('latin1', 0, tab)) * 1024];
    }),
  );
}

function splitZero(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0, to = bytes.indexOf(0); to >= 0; from = to + 1, to = bytes.indexOf(0, from)) parts.push(bytes.subarray(from, to));
  return parts;
}

function readable(name: Buffer): string {
  const text = name.toString('utf8');
  if (Buffer.from(text).equals(name)) return text;
  return [...name].map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`)).join('');
}
