import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const PROTO = 'syntax = "proto3";\npackage ant.v1;\nmessage Ant {\n  string id = 1;\n  string name = 2;\n}\n';
const BROKEN = PROTO.replace('  string name = 2;\n', '');
const GROWN = PROTO.replace('}\n', '  string colour = 3;\n}\n');

/** The scripts in a repository of their own. */
describe('checks of contracts', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'smartant-contracts-'));
    for (const name of ['tools/ci', 'tools/start']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    for (const name of ['proto/ant/v1', 'istio/files', 'libs/contracts', 'docs', 'bin']) mkdirSync(join(folder, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    write('.gitignore', 'node_modules\nbin\n');
    write('buf.yaml', 'version: v2\nmodules:\n  - path: proto\nbreaking:\n  use: [WIRE_JSON]\n');
    write('istio/files/rpc-policies.json', '{}\n');
    write('libs/contracts/index.ts', '\n');
    write('docs/state-machine.md', '\n');
    git('init', '--quiet', '--initial-branch=main');
    commit(PROTO);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string, mode = 0o644) => writeFileSync(join(folder, name), text, { mode });
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=n', '-c', 'user.email=e@example.com', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  const commit = (proto: string) => {
    write('proto/ant/v1/ant.proto', proto);
    git('add', '--all');
    git('commit', '--quiet', '--allow-empty', '--message', 'Change');
  };
  function run(script: string, env: Record<string, string> = {}) {
    const PATH = [join(folder, 'bin'), process.env['PATH']].join(delimiter);
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'tools/ci', script)], {
      encoding: 'utf8',
      env: { ...process.env, PATH, ...env },
    });
    return { status, said: stdout + stderr };
  }
  const breaking = (env?: Record<string, string>) => run('proto-breaking.mjs', env);

  it('compare a commit of the main branch with the one before, and not with itself', () => {
    git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    commit(GROWN);
    git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    expect(breaking()).toEqual({ status: 0, said: expect.stringMatching(/^Nothing in proto\/ breaks users of commit /) as string });
    commit(BROKEN);
    git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    expect(breaking()).toMatchObject({ status: 100, said: expect.stringContaining('would break users of commit') as string });
  });

  it('compare a release with the one before, and what is not committed with the last', () => {
    git('tag', 'v1.0.0');
    commit(BROKEN);
    git('tag', 'v1.1.0');
    expect(breaking()).toMatchObject({ status: 100, said: expect.stringContaining('would break users of v1.0.0') as string });
    write('proto/ant/v1/ant.proto', GROWN);
    expect(breaking()).toMatchObject({ status: 0, said: expect.stringContaining('breaks users of v1.1.0') as string });
  });

  it('compare a branch with what it left, whatever the main branch has got since', () => {
    git('checkout', '--quiet', '-b', 'feature');
    commit(BROKEN);
    commit(BROKEN);
    git('checkout', '--quiet', 'main');
    commit(GROWN);
    git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    git('checkout', '--quiet', 'feature');
    expect(breaking()).toMatchObject({ status: 100, said: expect.stringContaining('would break users of origin/main at') as string });
    git('reset', '--quiet', '--hard', 'HEAD~2');
    write('other', '');
    commit(PROTO);
    expect(breaking().status).toBe(0);
  });

  it('say where the history is cut off, and fail where all of it is required', () => {
    commit(BROKEN);
    const shallow = join(folder, 'shallow');
    execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${folder}`, shallow], { stdio: 'pipe' });
    const asked = (env: Record<string, string>) =>
      spawnSync(process.execPath, [join(shallow, 'tools/ci/proto-breaking.mjs')], { encoding: 'utf8', env: { ...process.env, ...env } });
    expect(asked({ SMARTANT_HISTORY_REQUIRED: 'true' })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the history is cut off'),
    });
    expect(asked({})).toMatchObject({ status: 0, stdout: expect.stringContaining('SKIPPED: proto:breaking: the history is cut off') });
  });

  /** npm is a stand-in: its generators write what is given here. */
  const generators = (work: string) => write('bin/npm', `#!/bin/sh\ncd '${folder}'\n${work}\n`, 0o755);

  it.each([
    ['the policies of the mesh', 'proto:generate', 'istio/files/rpc-policies.json'],
    ['the types of REST', 'openapi:generate', 'libs/contracts/index.ts'],
    ['a page', 'docs:generate', 'docs/state-machine.md'],
    ['a file that was not there', 'proto:generate', 'libs/contracts/more.ts'],
  ])('fail where %s would be generated otherwise', (_what, generator, file) => {
    generators('exit 0');
    expect(run('check-generated.mjs')).toEqual({ status: 0, said: '' });
    generators(`case "$*" in *${generator}*) echo Forgotten >>${file} ;; esac`);
    expect(run('check-generated.mjs')).toMatchObject({ status: 1, said: expect.stringContaining(file) as string });
  });

  it.each(['proto-breaking.mjs', 'check-generated.mjs'])(
    'are passed over by %s where there is no git, and fail where git refuses',
    (script) => {
      generators('exit 0');
      // As for a folder that belongs to somebody else.
      const refused = run(script, { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' });
      expect(refused).toMatchObject({ status: 1, said: expect.stringContaining('dubious ownership') as string });
      rmSync(join(folder, '.git'), { recursive: true });
      expect(run(script)).toMatchObject({ status: 0, said: expect.stringMatching(/^SKIPPED: /) as string });
    },
  );
});
