import { spawnSync } from 'node:child_process';
import { StartError } from './start-error.mjs';

const idOf = (flag, name) => {
  const found = spawnSync('id', [flag, name], { encoding: 'utf8' });
  return found.status === 0 ? Number(found.stdout) : undefined;
};

const lookUp = (name) => {
  const uid = idOf('-u', name);
  return uid === undefined || uid === 0 ? undefined : { name, uid, gid: idOf('-g', name) };
};

/**
 * The account PostgreSQL runs under: null is our own. PostgreSQL refuses to run as root, so root's server runs as
 * `postgres`, which is made when it is missing (initdb wants an account with a name), else as `nobody`.
 */
export function databaseUser(say) {
  if (process.getuid() !== 0) return null;
  const existing = lookUp('postgres');
  if (existing) return existing;
  const added = spawnSync('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/usr/sbin/nologin',
    'postgres',
  ]);
  const made = added.status === 0 ? lookUp('postgres') : undefined;
  if (made) say('PostgreSQL does not run as root: the system account "postgres" was made for it');
  const user = made ?? lookUp('nobody');
  if (!user) {
    throw new StartError(
      'START_DATABASE_USER',
      'PostgreSQL does not run as root, and no other account could be found or made for it.',
      'Run npm start as an ordinary user, or make an account named postgres.',
    );
  }
  return user;
}

/** Whether that account can enter a folder: asked of the system itself, since modes, groups and ACLs all count. */
export const canEnter = (user, folder) =>
  user === null || spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], { uid: user.uid, gid: user.gid, cwd: '/' }).status === 0;
