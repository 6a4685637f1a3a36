import { createHash } from 'node:crypto';
import type { Finding } from '@smartant/runs';
import type { SshLocation } from '@smartant/connectors';
import type { HostSession } from '../session/host-session';

/** Seconds that a source may take to reach a target. */
const REACH_SECONDS = 5;

/**
 * Whether the source reaches the target's SSH server by the target's own address, and the very one that is pinned: asked by really
 * connecting from there, with no credential. Never raises for what is not reached.
 */
export async function findDirectPath(
  source: HostSession,
  target: SshLocation,
  signal: AbortSignal,
): Promise<{ reached: boolean; finding: Finding }> {
  const keys = await scanKeys(source, target, signal);
  const reached = keys.some((key) => target.hostKeys.includes(key));
  return { reached, finding: reached ? DIRECT : keys.length > 0 ? other(target) : relayed(target) };
}

/** By `ssh-keyscan`, which comes with every OpenSSH client. */
async function scanKeys(source: HostSession, { host, port }: SshLocation, signal: AbortSignal): Promise<string[]> {
  const argv = ['ssh-keyscan', '-T', String(REACH_SECONDS), '-p', String(port), '-t', 'ed25519,ecdsa,rsa', '--', host];
  const { stdout } = await source
    .run(argv, { signal, okCodes: [0, 1, 127, 255], timeoutMs: 4 * REACH_SECONDS * 1_000 })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      if ((error as { code?: string }).code === 'HOST_COMMAND_TIMEOUT' || (error as { code?: string }).code === 'HOST_COMMAND_FAILED')
        return { stdout: Buffer.alloc(0) };
      throw error;
    });
  return stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => Buffer.from(line.split(' ')[2] ?? '', 'base64'))
    .filter((key) => key.length > 0)
    .map((key) => `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`);
}

const DIRECT: Finding = {
  severity: 'note',
  code: 'HOST_DIRECT_PATH',
  message: 'The source reaches the target: data goes straight there.',
  hint: '',
  subject: 'both',
};

const relayed = ({ host, port }: SshLocation): Finding => ({
  severity: 'note',
  code: 'HOST_RELAYED',
  message: `The source does not reach ${host}:${port}: data goes through the migrator.`,
  hint: 'Open the way from the source to that address for more speed.',
  subject: 'both',
});

const other = ({ host, port }: SshLocation): Finding => ({
  severity: 'warning',
  code: 'HOST_OTHER_TARGET',
  message: `What the source reaches at ${host}:${port} shows none of the target’s keys: it is another machine. Data goes through the migrator.`,
  hint: 'Give the target an address that means the same machine from everywhere.',
  subject: 'both',
});
