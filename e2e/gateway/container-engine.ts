import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { helmBinary } from '../../tools/deploy/render-chart';

const ROOT = join(__dirname, '..', '..');
/** A first pull, on a slow line. */
const PULL_MS = 10 * 60_000;

/** The image and tag that the chart names. */
export function kongImage(): string {
  const { kong } = parse(readFileSync(join(ROOT, 'gateway', 'values.yaml'), 'utf8')) as { kong: { image: string } };
  return kong.image;
}

/**
 * Null when Kong can be started in a container; else what keeps it. In a process of its own and waited for, because whether a suite is there is asked
 * before any test may wait.
 */
export function whyNoKong(): string | null {
  if (helmBinary() === null) return 'helm is not installed: npm run provision -- helm';
  const probe = spawnSync(process.execPath, [join(__dirname, 'probe-engine.mjs'), kongImage()], { encoding: 'utf8', timeout: PULL_MS });
  try {
    return (JSON.parse(probe.stdout) as { missing: string | null }).missing;
  } catch {
    return `the container engine could not be asked: ${probe.error?.message ?? probe.stderr.trim().split('\n').at(-1) ?? 'no answer'}`;
  }
}
