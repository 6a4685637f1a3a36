import { SmartantError } from '@smartant/kernel';
import { pipeline } from 'node:stream/promises';
import type { HostSession, RemoteProcess } from '../session/host-session';
import { pathText, toPathBytes, type PathBytes } from './path-bytes';
import { splitRecords } from './split-records';
import { sortCommand, walkCommand } from './walk-command';

/** A filesystem of one side. */
export interface Walked {
  session: HostSession;
  side: 'source' | 'target';
  directory: string;
  /** Where to begin: ".", or a directory below it. */
  from: PathBytes;
  prune: readonly string[];
  changedSince?: number;
}

/** Where its records are sorted: at a host, in a directory of ours on a disk of it. */
export interface SortPlace {
  session: HostSession;
  directory: string;
}

/**
 * Walks a filesystem: batches of records, sorted, ended by an error unless its `find` saw everything. `sortAt` another host: where the
 * walked one has no room for it; null: not sorted, a directory right before all that is below it. Raises HOST_WALK_FAILED.
 */
export async function* walk(walked: Walked, sortAt: SortPlace | null, signal: AbortSignal): AsyncGenerator<string[]> {
  const { session } = walked;
  const sortIn = sortAt?.session === session ? sortAt.directory : null;
  const finding = await session.stream(walkCommand({ ...walked, from: asArgument(walked), sortIn, inOrder: sortAt === null }), { signal });
  finding.stdin.end();
  if (sortAt === null || sortIn !== null) {
    yield* recordsOf(finding, walked);
    return;
  }
  const sorting = await sortAt.session.stream(sortCommand(sortAt.directory), { signal });
  // `sort` writes nothing before it has read everything: what it was given is judged before what it gives.
  const moved = pipeline(finding.stdout, sorting.stdin, { signal });
  moved.catch(() => undefined);
  try {
    await assertSeenAll(finding, walked);
    await moved;
    yield* recordsOf(sorting, walked);
  } finally {
    sorting.stdout.destroy();
  }
}

async function* recordsOf(process: RemoteProcess, walked: Walked): AsyncGenerator<string[]> {
  try {
    yield* splitRecords(process.stdout);
    await assertSeenAll(process, walked);
  } finally {
    process.stdout.destroy();
  }
}

async function assertSeenAll(process: RemoteProcess, { side, directory }: Walked): Promise<void> {
  const { exitCode, stderr } = await process.done;
  if (exitCode === 0) return;
  if (/No space left on device/.test(stderr)) {
    throw new SmartantError('HOST_NO_ROOM_TO_SORT', `The ${side} has no room for sorting its list of files.`, {
      kind: 'precondition',
      hint: 'About 200 bytes for each file are needed in /var/tmp of the source, or in that of the target.',
      details: { directory },
    });
  }
  throw new SmartantError('HOST_WALK_FAILED', `The files of the ${side} could not be listed completely.`, {
    kind: 'unavailable',
    hint: 'Look at what `find` says. A file that it cannot look at is a fault of its filesystem; a program that it lacks has to be installed.',
    details: { directory, exitCode: String(exitCode), stderr: stderr.slice(-2_000) },
  });
}

/** A path as an argument. Raises HOST_NAME_UNFIT where it is no UTF-8: arguments are text. */
function asArgument({ from }: Walked): string {
  const text = Buffer.from(from, 'latin1').toString('utf8');
  if (toPathBytes(text) === from) return text;
  throw new SmartantError('HOST_NAME_UNFIT', 'A subvolume has a name that is no UTF-8, and cannot be walked.', {
    kind: 'precondition',
    hint: 'Rename it, or exclude the directory in which it is.',
    details: { path: pathText(from) },
  });
}
