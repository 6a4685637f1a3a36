import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { EndpointSecret } from '../api/api';
import type { CliContext } from '../context';
import { readPrivateText } from '../session/private-file';
import type { Side } from './credentials';
import { knownHostKeys } from './known-hosts';
import { sshPlace, type SshTarget } from './ssh-url';

/** How a host is signed in to, and by which key it is known. */
export interface HostAccess {
  /** File of a private key. */
  identity?: string;
  passwordFile?: string;
  /** Fingerprints ("SHA256:…"). */
  hostKeys?: string[];
}

type HostSecret = Extract<EndpointSecret, { kind: 'ssh' }>;
/** Only what says where, and as whom. */
type Place = Pick<SshTarget, 'host' | 'user'> & { port?: number | undefined; become?: string | undefined };

/**
 * What a host is signed in with: the key of the named file (mode 0600), or a password. Passwords are those of the named file, of
 * SMARTANT_SOURCE_PASSWORD or SMARTANT_TARGET_PASSWORD, of SMARTANT_SSH_PASSWORD, or what is typed at a terminal; a key's passphrase and
 * sudo's password are looked for alike (…_PASSPHRASE, …_BECOME_PASSWORD). Raises CLI_CREDENTIALS_NOT_FOUND, CLI_FILE_NOT_PRIVATE,
 * CLI_FILE_UNREADABLE.
 */
export async function findHostSecret(
  context: CliContext,
  side: Side | undefined,
  target: Place,
  { identity, passwordFile }: HostAccess,
): Promise<HostSecret> {
  const { hosts } = context.messages;
  const place = sshPlace(target);
  const privateKeyPem = identity === undefined ? undefined : readKey(resolve(context.cwd, identity));
  const given = passwordFile === undefined ? variable(context, side, 'PASSWORD') : readPassword(resolve(context.cwd, passwordFile));
  const password = given ?? (privateKeyPem === undefined ? await ask(context, hosts.askPassword(place)) : undefined);
  if (privateKeyPem === undefined && !password) throw notFound(place, side);
  const passphrase =
    privateKeyPem !== undefined && isEncrypted(privateKeyPem)
      ? (variable(context, side, 'PASSPHRASE') ?? (await ask(context, hosts.askPassphrase(identity ?? ''))))
      : undefined;
  const becomes = target.become === 'sudo';
  const becomePassword = becomes ? (variable(context, side, 'BECOME_PASSWORD') ?? (await askBecome(context, place, password))) : undefined;
  return withoutEmpty({ kind: 'ssh', privateKeyPem, passphrase, password, becomePassword });
}

/** Fingerprints that are given, or else those that the user's own ssh knows of the host. */
export function pinnedKeys({ homeDir }: CliContext, { host, port = 22 }: Place, given: string[] | undefined): string[] {
  if (given !== undefined) return given;
  const file = join(homeDir, '.ssh', 'known_hosts');
  return existsSync(file) ? knownHostKeys(readFileSync(file, 'utf8'), host, port).slice(0, 8) : [];
}

function variable({ env }: CliContext, side: Side | undefined, name: string): string | undefined {
  return ((side && env[`SMARTANT_${side.toUpperCase()}_${name}`]) ?? env[`SMARTANT_SSH_${name}`]) || undefined;
}

async function ask({ terminal, signal }: CliContext, question: string): Promise<string | undefined> {
  return terminal.canAsk ? (await terminal.askHidden(question, signal)) || undefined : undefined;
}

/** Where sudo asks for none, or for the one that signs in, nothing is typed. */
async function askBecome(context: CliContext, place: string, password: string | undefined): Promise<string | undefined> {
  return (await ask(context, context.messages.hosts.askBecomePassword(place))) ?? password;
}

function readKey(path: string): string {
  const text = readPrivateText(path);
  if (text !== undefined && text.includes('PRIVATE KEY-----')) return text;
  throw new SmartantError('CLI_FILE_UNREADABLE', text === undefined ? `There is no file ${path}.` : `${path} holds no private key.`, {
    kind: 'invalid',
    hint: 'Name a private key, such as ~/.ssh/id_ed25519, with mode 0600.',
  });
}

function readPassword(path: string): string {
  const text = readPrivateText(path)?.replace(/\r?\n$/, '');
  if (text) return text;
  throw new SmartantError('CLI_FILE_UNREADABLE', `${path} is missing, or holds no password.`, {
    kind: 'invalid',
    hint: 'Write the password alone into it, with mode 0600.',
  });
}

/** OpenSSH's own format names its cipher in the clear; others say it in their headers. */
function isEncrypted(pem: string): boolean {
  const own = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(pem)?.[1];
  if (own !== undefined) return !Buffer.from(own.replace(/\s/g, ''), 'base64').subarray(15, 40).includes('none');
  if (/ENCRYPTED/.test(pem)) return true;
  try {
    createPrivateKey(pem);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_MISSING_PASSPHRASE';
  }
}

function withoutEmpty(secret: HostSecret | Record<string, unknown>): HostSecret {
  return Object.fromEntries(Object.entries(secret).filter(([, value]) => value !== undefined && value !== '')) as HostSecret;
}

function notFound(place: string, side: Side | undefined): SmartantError {
  const option = side === undefined ? '--identity' : `--${side}-identity`;
  const name = side === undefined ? 'SMARTANT_SSH_PASSWORD' : `SMARTANT_${side.toUpperCase()}_PASSWORD`;
  return new SmartantError('CLI_CREDENTIALS_NOT_FOUND', `There is neither a key nor a password for ${place}.`, {
    kind: 'invalid',
    hint: `Name a private key by ${option} FILE, or set ${name}.`,
  });
}
