import { SmartantError, type SmartantErrorOptions } from '@smartant/kernel';
import type { Way } from '@smartant/connectors';

const NAMES: Record<Way['kind'], string> = { proxy: 'proxy', socks: 'SOCKS proxy', ssh: 'bastion' };
const backoff = { kind: 'backoff' } as const;

type Address = Pick<Way, 'kind' | 'host' | 'port'>;

const say = ({ kind, host, port }: Address) => `The ${NAMES[kind]} ${host}:${port}`;
const about = ({ kind, host, port }: Address) => ({ way: kind, wayAddress: `${host}:${port}` });

/** The step itself could not be reached, or was lost while it was being used. */
export function wayUnreachable(way: Address, cause: unknown): SmartantError {
  const code = (cause as { code?: unknown } | undefined)?.code;
  const reason = typeof code === 'string' ? ` (${code})` : '';
  return new SmartantError('WAY_UNREACHABLE', `${say(way)} could not be reached${reason}.`, {
    kind: 'unavailable',
    actor: 'user',
    retry: backoff,
    hint: 'Check that it runs, and its address and port.',
    details: about(way),
    cause,
  });
}

export function waySignInFailed(way: Address, cause?: unknown): SmartantError {
  return new SmartantError('WAY_SIGN_IN_FAILED', `${say(way)} did not accept the credentials.`, {
    ...refused,
    hint: 'Check the user, the password and the private key that were given for this step of the way.',
    details: about(way),
    cause,
  });
}

/** It is reached and will not carry us to the endpoint. */
export function wayRefused(way: Address, reason: string, cause?: unknown): SmartantError {
  return new SmartantError('WAY_REFUSED', `${say(way)} refuses to connect to the endpoint (${reason}).`, {
    ...refused,
    hint: 'Allow the endpoint’s address and port in its rules (for a bastion: AllowTcpForwarding and PermitOpen).',
    details: about(way),
    cause,
  });
}

/** It tried to reach the endpoint and could not. */
export function wayTargetUnreachable(way: Address, reason: string, cause?: unknown): SmartantError {
  return new SmartantError('WAY_TARGET_UNREACHABLE', `${say(way)} could not reach the endpoint (${reason}).`, {
    kind: 'unavailable',
    actor: 'user',
    retry: backoff,
    hint: 'Check the endpoint’s address as it is seen from there: names are resolved at the far side.',
    details: about(way),
    cause,
  });
}

/** Nothing was sent to the other: neither user name nor password. */
export function wayHostKeyUnknown(way: Address, found: string): SmartantError {
  return new SmartantError(
    'WAY_HOST_KEY_MISMATCH',
    `${say(way)} shows the host key ${found}, which is not one of those that were pinned.`,
    {
      kind: 'precondition',
      actor: 'user',
      hint: 'Compare it with the bastion’s own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub). If it was changed on purpose, pin the new one; else somebody stands in between.',
      details: { ...about(way), hostKey: found },
    },
  );
}

export function wayKeyInvalid(way: Address, cause: unknown): SmartantError {
  return new SmartantError('WAY_KEY_INVALID', `The private key for ${say(way).replace(/^T/, 't')} cannot be read.`, {
    kind: 'invalid',
    actor: 'user',
    hint: 'Give it in OpenSSH or PEM form, and its passphrase where it has one.',
    details: about(way),
    // The parser's own error may quote the key.
    ...(cause instanceof SmartantError ? { cause } : {}),
  });
}

const refused: Pick<SmartantErrorOptions, 'kind' | 'actor'> = { kind: 'forbidden', actor: 'user' };
