import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const ROOT = join(__dirname, '../../..');
const BUILT = join(ROOT, 'services/console/dist/web');
const BUDGET_BYTES = 300 * 1024;

interface Chunk {
  file: string;
  imports?: string[];
  isEntry?: boolean;
}

let chunks: Record<string, Chunk>;
beforeAll(() => {
  const build = spawnSync(process.execPath, [join(ROOT, 'tools/build/build.mjs'), 'services/console'], { cwd: ROOT, encoding: 'utf8' });
  expect(build.stderr).toBe('');
  chunks = JSON.parse(readFileSync(join(BUILT, 'manifest.json'), 'utf8')) as Record<string, Chunk>;
});

/** A chunk and what it can't run without. */
function closure(names: string[]): Set<string> {
  const found = new Set(names);
  for (const name of found) for (const needed of chunks[name]?.imports ?? []) found.add(needed);
  return found;
}

const entry = () => Object.keys(chunks).filter((name) => chunks[name]?.isEntry);
const gzipBytes = (names: Iterable<string>) =>
  [...names]
    .map((name) => gzipSync(readFileSync(join(BUILT, chunks[name]!.file)), { level: 9 }).byteLength)
    .reduce((sum, size) => sum + size, 0);

it('loads less than 300 KiB of script for the sign-in and the overview', () => {
  const bytes = gzipBytes(closure([...entry(), 'features/dashboard/page.tsx']));
  expect(bytes).toBeLessThan(BUDGET_BYTES);
  // One that finds nothing would always pass.
  expect(bytes).toBeGreaterThan(100 * 1024);
});

it('leaves charts, tables and enrolment for when they are wanted', () => {
  const first = [...closure(entry())].join(' ');
  expect(Object.keys(chunks)).toEqual(
    expect.arrayContaining(['features/dashboard/parts/throughput-chart.tsx', 'features/migrations/page.tsx', 'session/enrolment.tsx']),
  );
  expect(first).not.toMatch(/throughput-chart|features\/|enrolment/);
});

it('has no inline script, style or address elsewhere in its index', () => {
  const index = readFileSync(join(BUILT, 'index.html'), 'utf8');
  expect(index).not.toMatch(/<script(?![^>]*\bsrc=)|<style|style="|\son\w+="|https?:\/\//);
  expect(index).toContain('nonce="__CSP_NONCE__"');
});
