import type { PostAction } from '../../../../domain/host-scope';
import type { HostSession } from '../../session/host-session';

/** Trees that a start does not write to. */
const TREES = ['usr', 'var/www', 'data/fixtures', 'data/late', 'root/.ssh', 'etc/nginx', 'etc/systemd/system', 'opt', 'srv'];

/**
 * A line for each tree: digests of its names with all that is known of them, of its content, and of its attributes (ACLs and capabilities
 * among them). Made apart from the product, by the machine itself.
 */
const MANIFEST = `set -e -o pipefail
cd /
for tree in ${TREES.join(' ')}; do
  [ -e "$tree" ] || continue
  names=$(find "$tree" -xdev \\( -type d -printf '%p %y %m %U %G %T@\\0' -o -printf '%p %y %m %U %G %n %s %T@ %l\\0' \\) | sort -z | sha256sum)
  content=$(find "$tree" -xdev -type f -print0 | sort -z | xargs -0r sha256sum | sha256sum)
  attributes=$(find "$tree" -xdev -print0 | sort -z | xargs -0r getfattr -h -d -m - -e hex | sha256sum)
  echo "tree $tree \${names%% *} \${content%% *} \${attributes%% *}"
done
`;

/** What a machine says of its trees. */
export async function manifestOf(session: HostSession, signal: AbortSignal): Promise<string[]> {
  return linesOf((await session.run(['bash', '-c', MANIFEST], { signal, timeoutMs: 600_000 })).stdout.toString('utf8'));
}

export const manifestAction: PostAction = {
  name: 'manifest',
  script: `#!/bin/bash\n${MANIFEST}`,
  timeoutMs: 600_000,
  required: true,
};

export const linesOf = (output: string) => output.split('\n').filter((line) => line.startsWith('tree '));
