// What is generated from proto/, from the routes, from the state machine, from metrics and from the definitions of dashboards is in the repository as it would be generated now: .ci/run and every pipeline.
import { spawnSync } from 'node:child_process';
import { repositoryRoot } from '../start/install.mjs';
import { endAs, git, isWorkTree } from './work-tree.mjs';

const GENERATORS = ['proto:generate', 'openapi:generate', 'docs:generate', 'observability:generate'];
/** All that they write. */
const GENERATED = ['libs/contracts', 'istio/files', 'docs/state-machine.md', 'docs/metrics.md', 'observability/files'];

endAs(() => {
  if (!isWorkTree()) {
    console.log('SKIPPED: generated code is up to date: this is no git work tree');
    return 0;
  }
  for (const name of GENERATORS) {
    const { status } = spawnSync('npm', ['run', '--silent', name], { cwd: repositoryRoot, stdio: 'inherit' });
    if (status !== 0) throw new Error(`npm run ${name} failed`);
  }
  const changed = git('diff', '--exit-code', '--', ...GENERATED);
  const added = git('ls-files', '--others', '--exclude-standard', '--', ...GENERATED);
  if (changed.status === 0 && added.status === 0 && added.stdout === '') return 0;
  console.log(`${changed.stdout}${added.stdout}${changed.stderr}${added.stderr}`);
  throw new Error(
    `generated code is not up to date: run ${GENERATORS.map((name) => `npm run ${name}`).join(', ')}, and commit what they write`,
  );
});
