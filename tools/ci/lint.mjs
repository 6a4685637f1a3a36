// `npm run lint`: every linter, one after another; all of them run, and one failure fails the whole.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../start/install.mjs';

const bin = (path) => join(repositoryRoot, 'node_modules', path);

const steps = [
  ['lockfile', [join(repositoryRoot, 'tools/lockfile/complete-lockfile.mjs'), '--check']],
  // Nx' boundary rule passes everything while there is no project graph: this draws it, and the check below holds it to that.
  ['project graph', [bin('nx/dist/bin/nx.js'), 'show', 'projects']],
  ['eslint', [bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0']],
  ['prettier', [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']],
  ['buf', [bin('@bufbuild/buf/bin/buf'), 'lint']],
];

let failed = 0;
for (const [name, args] of steps) {
  const startedMs = performance.now();
  const run = spawnSync(process.execPath, args, {
    cwd: repositoryRoot,
    encoding: 'utf8',
    env: { ...process.env, NX_DAEMON: 'false' },
    maxBuffer: 64 << 20,
  });
  const output = `${run.stdout}${run.stderr}`;
  const unchecked = output.includes('No cached ProjectGraph');
  const bad = run.status !== 0 || unchecked;
  failed += bad ? 1 : 0;
  if (bad) console.log(output.trim());
  if (unchecked) console.log('The boundary rule did not run: Nx has no project graph.');
  console.log(`${bad ? 'FAILED' : 'ok'} ${name} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`);
}
process.exitCode = failed > 0 ? 1 : 0;
