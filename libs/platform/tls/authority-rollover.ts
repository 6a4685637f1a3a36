import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificatesOf, completeSwitch, makeAuthority, writePrivately } from './certificate-authority';

/** Trust must be everywhere before anything is signed by it, and what was signed before must be gone before trust in that ends. */
const STEP_MS = 60_000;

export type RolloverStep = 'none' | 'trusted' | 'switched' | 'finished';

/**
 * Takes a new authority into use while services go on: its certificate is trusted beside the present one's (`trusted`); a minute
 * later it signs (`switched`: reissue every certificate now); another minute later the earlier one is no longer trusted (`finished`).
 * Call it again and again; each call makes at most one step, or none while it is too early. A call after a crash goes on where it was.
 * `begin`: start one when none is under way.
 */
export async function advanceRollover(
  dir: string,
  { begin, nowMs = Date.now() }: { begin: boolean; nowMs?: number },
): Promise<RolloverStep> {
  const { caFile, nextCaFile, nextKeyFile } = filesOf(dir);
  const trusted = certificatesOf(readFileSync(caFile, 'utf8'));
  if (existsSync(nextCaFile)) {
    if (ageMs(nextCaFile, nowMs) < STEP_MS) return 'none';
    const next = readFileSync(nextCaFile, 'utf8').trim();
    writePrivately(caFile, bundle([next, ...trusted.filter((pem) => pem !== next)]));
    completeSwitch(dir);
    return 'switched';
  }
  if (trusted.length > 1) {
    if (ageMs(caFile, nowMs) < STEP_MS) return 'none';
    writePrivately(caFile, bundle(trusted.slice(0, 1)));
    return 'finished';
  }
  if (!begin) return 'none';
  const made = await makeAuthority();
  writePrivately(nextKeyFile, made.keyPem);
  writePrivately(caFile, bundle([...trusted, made.certificatePem.trim()]));
  writePrivately(nextCaFile, made.certificatePem);
  return 'trusted';
}

/** Asks for a rollover by a file, which the supervisor finds: true once for each. */
export function takeRolloverRequest(dir: string): boolean {
  const { requestFile } = filesOf(dir);
  if (!existsSync(requestFile)) return false;
  rmSync(requestFile);
  return true;
}

/** Leaves the request that `takeRolloverRequest` finds. */
export function requestRollover(dir: string): void {
  writeFileSync(filesOf(dir).requestFile, '', { mode: 0o600 });
}

function filesOf(dir: string) {
  return {
    caFile: join(dir, 'ca.crt'),
    nextCaFile: join(dir, 'ca-next.crt'),
    nextKeyFile: join(dir, 'ca-next.key'),
    requestFile: join(dir, 'rollover-requested'),
  };
}

function ageMs(path: string, nowMs: number): number {
  return nowMs - statSync(path).mtimeMs;
}

function bundle(pems: string[]): string {
  return `${pems.join('\n')}\n`;
}
