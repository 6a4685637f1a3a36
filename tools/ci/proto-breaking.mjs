// `npm run proto:breaking`: proto/ against the last released form of it: the last tag, else the main branch.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../start/install.mjs';

const git = (...args) => spawnSync('git', args, { cwd: repositoryRoot, encoding: 'utf8' });

function findBase() {
  const tag = git('describe', '--tags', '--abbrev=0', '--match', 'v*');
  if (tag.status === 0) return { ref: tag.stdout.trim(), against: `.git#tag=${tag.stdout.trim()}` };
  for (const branch of ['origin/main', 'main']) {
    const commit = git('rev-parse', '--verify', '--quiet', `${branch}^{commit}`);
    if (commit.status === 0 && git('cat-file', '-e', `${branch}:proto`).status === 0)
      return { ref: branch, against: `.git#ref=${commit.stdout.trim()}` };
  }
  return undefined;
}

const base = findBase();
if (!base) {
  console.log('SKIPPED: proto:breaking: there is no tag and no main branch to compare with');
} else {
  const buf = join(repositoryRoot, 'node_modules/@bufbuild/buf/bin/buf');
  const run = spawnSync(process.execPath, [buf, 'breaking', '--against', base.against], { cwd: repositoryRoot, stdio: 'inherit' });
  console.log(
    run.status === 0
      ? `Nothing in proto/ breaks users of ${base.ref}.`
      : `proto/ would break users of ${base.ref}: add fields and RPCs, never change or remove.`,
  );
  process.exitCode = run.status ?? 1;
}
