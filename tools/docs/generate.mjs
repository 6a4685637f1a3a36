// Generates docs/state-machine.md from the tables of the scheduler's state machine: `node tools/docs/generate.mjs` writes,
// `--check` fails when the page is not what the code says.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const page = join(root, 'docs', 'state-machine.md');
execFileSync(process.execPath, [join(root, 'tools/build/build.mjs'), 'libs/kernel', 'services/scheduler'], { cwd: root, stdio: 'inherit' });

const { describeMachine } = createRequire(import.meta.url)(join(root, 'services/scheduler/dist/domain/migration/describe-machine.js'));
const text = await prettier.format(describeMachine(), { ...(await prettier.resolveConfig(page)), parser: 'markdown' });

const read = () => {
  try {
    return readFileSync(page, 'utf8');
  } catch {
    return '';
  }
};
if (read() === text) {
  console.log('docs: up to date');
} else if (process.argv.includes('--check')) {
  console.error('not up to date: docs/state-machine.md. Run: npm run docs:generate');
  process.exit(1);
} else {
  writeFileSync(page, text);
  console.log('docs: wrote docs/state-machine.md');
}
