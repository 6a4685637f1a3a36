// Generates docs/state-machine.md from the tables of the scheduler's state machine, and docs/metrics.md from where metrics are made:
// `node tools/docs/generate.mjs` writes, `--check` fails when a page is not what the code says.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { describeMetrics } from './describe-metrics.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
execFileSync(process.execPath, [join(root, 'tools/build/build.mjs'), 'libs/kernel', 'services/scheduler'], { cwd: root, stdio: 'inherit' });

const { describeMachine } = createRequire(import.meta.url)(join(root, 'services/scheduler/dist/domain/migration/describe-machine.js'));

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const pages = { 'state-machine.md': describeMachine(), 'metrics.md': describeMetrics(root) };
const stale = [];
for (const [name, raw] of Object.entries(pages)) {
  const page = join(root, 'docs', name);
  const text = await prettier.format(raw, { ...(await prettier.resolveConfig(page)), parser: 'markdown' });
  if (read(page) === text) continue;
  stale.push(`docs/${name}`);
  if (!process.argv.includes('--check')) writeFileSync(page, text);
}
if (stale.length === 0) {
  console.log('docs: up to date');
} else if (process.argv.includes('--check')) {
  console.error(`not up to date: ${stale.join(', ')}. Run: npm run docs:generate`);
  process.exit(1);
} else {
  console.log(`docs: wrote ${stale.join(', ')}`);
}
