import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './process-identity.mjs';

const pathIn = (dataFolder) => join(dataFolder, 'run', 'processes.json');

/** Keeps who our children are, so that a next start knows what a killed one left behind. */
export const recordProcesses = (dataFolder, identities) => writeFileSync(pathIn(dataFolder), JSON.stringify(identities.filter(Boolean)));

function readRecorded(dataFolder) {
  try {
    return JSON.parse(readFileSync(pathIn(dataFolder), 'utf8'));
  } catch {
    // Absent at the first start, or cut short by a power cut: then the ports tell.
    return [];
  }
}

/**
 * Waits until the children of an earlier, killed run are gone: they notice by themselves. What is left after `waitMs`
 * is ended, each by its id, and only while it is the very process that was recorded.
 */
export async function clearLeftovers(dataFolder, say, waitMs = 16_000) {
  const left = () => readRecorded(dataFolder).filter(isAlive);
  if (left().length === 0) return;
  say(
    `Waiting for what an earlier run left behind: ${left()
      .map(({ name, pid }) => `${name} (${pid})`)
      .join(', ')}`,
  );
  for (const deadline = Date.now() + waitMs; left().length > 0;) {
    if (Date.now() > deadline) for (const { pid } of left()) process.kill(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
