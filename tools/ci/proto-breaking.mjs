// `npm run proto:breaking`: proto/ against its last released form: the last release before this commit; without one, where this branch left the main
// one; on the main branch itself, the commit before. A history that is cut off is passed over, and said, unless SMARTANT_HISTORY_REQUIRED is true.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../start/install.mjs';
import { endAs, git, isWorkTree } from './work-tree.mjs';

const said = (...args) => {
  const { status, stdout } = git(...args);
  return status === 0 ? stdout.trim() : undefined;
};

const isShallow = () => said('rev-parse', '--is-shallow-repository') === 'true';

/** `{ reason }` to pass it over. */
function cutOff() {
  const reason = 'the history is cut off, so the last release is not known: fetch all of it (GIT_DEPTH: 0)';
  if (process.env.SMARTANT_HISTORY_REQUIRED === 'true') throw new Error(reason);
  return { reason };
}

/** `{ commit, name }`, or `{ reason }` why there is nothing to compare with. */
function findBase() {
  // What is not committed yet is compared with the commit below it, a commit with what was before it, be it a release itself.
  const isCommitted = git('diff', '--quiet', 'HEAD', '--', 'proto').status === 0;
  const before = said('rev-parse', '--verify', '--quiet', isCommitted ? 'HEAD^^{commit}' : 'HEAD^{commit}');
  if (!before) return isShallow() ? cutOff() : { reason: 'this is the first commit, so there is nothing to compare with' };
  const tag = said('describe', '--tags', '--abbrev=0', '--match', 'v*', before);
  if (tag) return { commit: said('rev-parse', `${tag}^{commit}`), name: tag };
  if (isShallow()) return cutOff();
  const head = said('rev-parse', 'HEAD');
  for (const branch of ['origin/main', 'main']) {
    const left = said('merge-base', head, branch);
    if (left && left !== head) return { commit: left, name: `${branch} at ${left.slice(0, 12)}` };
  }
  return { commit: before, name: `commit ${before.slice(0, 12)}` };
}

function compare({ commit, name }) {
  const work = mkdtempSync(join(tmpdir(), 'smartant-proto-'));
  try {
    const archive = join(work, 'base.tar');
    const packed = git('archive', '--format=tar', '--output', archive, commit, '--', 'buf.yaml', 'proto');
    if (packed.status !== 0) throw new Error(`${name} has no proto/ to compare with: ${packed.stderr.trim()}`);
    const buf = join(repositoryRoot, 'node_modules/@bufbuild/buf/bin/buf');
    const run = spawnSync(process.execPath, [buf, 'breaking', '--against', archive], { cwd: repositoryRoot, stdio: 'inherit' });
    console.log(
      run.status === 0
        ? `Nothing in proto/ breaks users of ${name}.`
        : `proto/ would break users of ${name}: add fields and RPCs, never change or remove.`,
    );
    return run.status ?? 1;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

endAs(() => {
  if (!isWorkTree()) {
    console.log('SKIPPED: proto:breaking: this is no git work tree, so there is nothing to compare with');
    return 0;
  }
  const { reason, ...base } = findBase();
  if (!reason) return compare(base);
  console.log(`SKIPPED: proto:breaking: ${reason}`);
  return 0;
});
