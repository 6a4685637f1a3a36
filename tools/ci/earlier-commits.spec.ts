import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { EARLIER, whyNoCommit } from '../../e2e/upgrade/earlier-commits';

// Raises where this clone has its history and a version that upgrades are tried from is none of it.
const missing = Object.values(EARLIER).flatMap((commit) => whyNoCommit(commit) ?? []);

describeIf(missing[0] ?? null, 'the versions that upgrades are tried from', () => {
  it('are commits that this version came out of', () => expect(missing).toEqual([]));
});

describe('a version that upgrades are tried from', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'smartant-history-'));
    git(folder, 'init', '--quiet', '--initial-branch=main');
    commit('one');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    delete process.env['SMARTANT_HISTORY_REQUIRED'];
  });

  const git = (at: string, ...args: string[]) =>
    execFileSync('git', ['-C', at, '-c', 'user.name=n', '-c', 'user.email=e@example.com', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  const commit = (message: string) => {
    git(folder, 'commit', '--quiet', '--allow-empty', '--message', message);
    return git(folder, 'rev-parse', 'HEAD');
  };

  it('is there as long as this one came out of it', () => {
    const earlier = commit('two');
    commit('three');
    expect(whyNoCommit(earlier, folder)).toBeNull();
  });

  it('is missed when history was written anew, though git can still read it', () => {
    const earlier = commit('two');
    git(folder, 'commit', '--quiet', '--amend', '--allow-empty', '--message', 'two, anew');
    expect(git(folder, 'cat-file', '-t', earlier)).toBe('commit');
    expect(() => whyNoCommit(earlier, folder)).toThrow(/no part of this history: name a later one/);
  });

  it('is not asked of sources without their history, unless that is required', () => {
    const other = EARLIER.storage;
    expect(whyNoCommit(other, folder)).toMatch(/a copy without history/);
    commit('two');
    const shallow = join(folder, 'shallow');
    git(folder, 'clone', '--quiet', '--depth', '1', `file://${folder}`, shallow);
    expect(whyNoCommit(other, shallow)).toMatch(/a shallow clone/);
    process.env['SMARTANT_HISTORY_REQUIRED'] = 'true';
    expect(() => whyNoCommit(other, shallow)).toThrow(/a shallow clone/);
  });
});
