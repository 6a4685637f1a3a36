import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

const dayMs = 24 * 3_600_000;
/** Of whom it is: containers may share a cache, and number their processes alike. */
const PART = /\.part-(.+)-(\d+)-\w{6}$/;
/** As earlier versions named theirs, and as those do that are named elsewhere. */
const UNSIGNED = /^(?:.+\.part-|build-(?:[a-z]+-)?|\.(?:jenkins|compose-schema)-)\w{6}$/;

/**
 * A folder beside what it is to become: filled, and then renamed, so that an interrupted download is never taken for a whole one. Whoever was killed
 * before that left one behind: it goes now.
 */
export function makeWorkFolder(parent, name) {
  mkdirSync(parent, { recursive: true });
  removeLeftOvers(parent);
  return mkdtempSync(join(parent, `${name}.part-${hostname()}-${process.pid}-`));
}

/** Removes work folders whose process has ended; whose cannot be asked for, those of yesterday and before. */
export function removeLeftOvers(parent, nowMs = Date.now()) {
  for (const entry of readdirSync(parent, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const [, host, pid] = PART.exec(entry.name) ?? [];
    if (pid === undefined && !UNSIGNED.test(entry.name)) continue;
    const path = join(parent, entry.name);
    if (host === hostname() ? !isAlive(Number(pid)) : nowMs - changedMs(path) > dayMs) rmSync(path, { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** One that somebody else has just removed is no longer old. */
const changedMs = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
