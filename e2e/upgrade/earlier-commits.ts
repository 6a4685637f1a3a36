import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** The versions that upgrades are tried from. Move them on when a version is released, and when history is written anew. */
export const EARLIER = {
  /** Knows nothing but storage, and no ways to endpoints. */
  storage: '8a0ba3f3a666a9f324750a5302ad42bef4bbbef6',
  /** The first whose migrations of databases were whole; without checks beside a stream, and so without their tables. */
  databases: '5484760c9a5b8e66a2ef6bc01b1c6d34a8eaa289',
} as const;
export type Earlier = keyof typeof EARLIER;

/**
 * Why this version did not come out of that commit as far as is known here, or null: it did. Raises where the history is here and lacks it: nothing
 * would be tried ever again, and nobody would notice. That the commit can be read is not enough, since git keeps for weeks what no branch leads to.
 */
export function whyNoCommit(commit: string, folder = ROOT): string | null {
  if (git(folder, 'merge-base', '--is-ancestor', commit, 'HEAD').status === 0) return null;
  const short = commit.slice(0, 7);
  const cutOff = whyNoHistory(folder);
  if (cutOff !== null && process.env['SMARTANT_HISTORY_REQUIRED'] !== 'true') return `commit ${short} is not here: ${cutOff}`;
  throw new Error(
    `commit ${short} is no part of this history${cutOff ? ` (${cutOff})` : ''}: name a later one in e2e/upgrade/earlier-commits.ts`,
  );
}

/** Null: what came before is here. Sources that were put under git as they are have one commit. */
function whyNoHistory(folder: string): string | null {
  const { status, stdout } = git(folder, 'rev-list', '--count', '--max-count=2', 'HEAD');
  if (status !== 0) return 'no git';
  if (git(folder, 'rev-parse', '--is-shallow-repository').stdout.trim() === 'true') return 'a shallow clone';
  return stdout.trim() === '2' ? null : 'a copy without history';
}

const git = (folder: string, ...args: string[]) => spawnSync('git', ['-C', folder, ...args], { encoding: 'utf8' });
