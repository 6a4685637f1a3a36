import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROUND = fileURLToPath(new URL('round.mjs', import.meta.url));
/** `PROFILE=FOLDER` leaves a CPU profile of each round of ours there. */
const PROFILED = process.env.PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.PROFILE}`] : [];

/** Runs a shell command inside a host. */
export const within = (host, command) =>
  execFileSync('nsenter', ['-t', String(host.pid()), '-a', 'sh', '-c', command], { encoding: 'utf8' });

/** Ours. `direct`: "auto" lets data go straight, "never" takes it through us. */
export function smartant({ source, target }, direct, folder) {
  const stateFile = join(folder, 'state.json');
  const side = (host) => ({ location: host.location, key: host.privateKeyPem });
  return {
    begin: () => rmSync(stateFile, { force: true }),
    copy: () => {
      const settings = { source: side(source), target: side(target), direct, stateFile };
      return JSON.parse(
        execFileSync(process.execPath, [...PROFILED, ROUND, JSON.stringify(settings)], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'inherit'],
        }),
      );
    },
  };
}

/** A peer: a command inside the source, whose ssh is `$SSH`. */
function peer({ source }, command) {
  return {
    begin: () => undefined,
    copy: () => {
      const beganAt = performance.now();
      within(source, command);
      return { seconds: (performance.now() - beganAt) / 1_000 };
    },
  };
}

export const SSH = 'ssh -F /dev/null -i /root/bench-key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR';

export function rsync(hosts) {
  return peer(hosts, `rsync -aHAXS --numeric-ids --delete -e '${SSH}' /srv/tree/ root@${hosts.target.location.host}:/mnt/target/`);
}

export function tarOverSsh(hosts) {
  const read = 'tar -C /srv/tree --create --file=- --format=posix --sparse --xattrs --acls --numeric-owner .';
  const write = 'zstd -dc | tar -C /mnt/target --extract --file=- --xattrs --acls --numeric-owner --same-owner --same-permissions';
  return peer(hosts, `${read} | zstd -q -1 -c | ${SSH} root@${hosts.target.location.host} '${write}'`);
}
