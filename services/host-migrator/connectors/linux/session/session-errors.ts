import { SmartantError, type SmartantErrorOptions } from '@smartant/kernel';
import type { SshLocation } from '@smartant/connectors';

type Address = Pick<SshLocation, 'host' | 'port' | 'user'>;

const at = ({ host, port }: Address) => `${host}:${port}`;
const about = (address: Address) => ({ address: at(address) });
/** Of what a host writes, in messages. */
const SAID_CHARACTERS = 500;

export function hostUnreachable(address: Address, cause: unknown): SmartantError {
  const { code } = (cause ?? {}) as { code?: unknown };
  const reason = typeof code === 'string' ? ` (${code})` : '';
  return new SmartantError('HOST_UNREACHABLE', `The host ${at(address)} could not be reached over SSH${reason}.`, {
    kind: 'unavailable',
    actor: 'user',
    hint: 'Check that it runs, its address and port, and the firewalls in between.',
    details: about(address),
    cause,
  });
}

/** After sign-in. What ran there may have been done or not. */
export function connectionLost(address: Address, cause?: unknown): SmartantError {
  return new SmartantError('HOST_CONNECTION_LOST', `The SSH connection to ${at(address)} was lost.`, {
    kind: 'unavailable',
    actor: 'user',
    hint: 'It is made again. If it lasts, look at the network and at the log of sshd there.',
    details: about(address),
    cause,
  });
}

export function hostKeyUnknown(address: Address, found: { hostKey: string; keyType: string }): SmartantError {
  return new SmartantError(
    'HOST_KEY_UNKNOWN',
    `The host ${at(address)} shows the ${found.keyType} key ${found.hostKey}, and none is pinned yet.`,
    {
      kind: 'precondition',
      hint: "Compare it with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), and pin it in the endpoint (smartant endpoint trust NAME). Nothing was sent to it.",
      details: { ...about(address), ...found },
    },
  );
}

export function hostKeyChanged(address: Address, found: { hostKey: string; keyType: string }): SmartantError {
  return new SmartantError(
    'HOST_KEY_CHANGED',
    `The host ${at(address)} shows the ${found.keyType} key ${found.hostKey}, which is not one of those that were pinned.`,
    {
      kind: 'precondition',
      hint: 'If it was installed anew or changed on purpose, pin the new one; else somebody stands in between. Nothing was sent to it.',
      details: { ...about(address), ...found },
    },
  );
}

export function signInFailed(address: Address, cause: unknown): SmartantError {
  return new SmartantError('HOST_SIGN_IN_FAILED', `The host ${at(address)} did not accept the credentials of the user "${address.user}".`, {
    kind: 'forbidden',
    hint: 'Check the user, the password or the private key, and what sshd allows there (PermitRootLogin, PasswordAuthentication, AllowUsers).',
    details: about(address),
    cause,
  });
}

/** The parser's own error may quote the key, so it is no cause. */
export function privateKeyInvalid(address: Address): SmartantError {
  return new SmartantError('HOST_PRIVATE_KEY_INVALID', `The private key for ${at(address)} cannot be read.`, {
    kind: 'invalid',
    hint: 'Give it in OpenSSH or PEM form, and its passphrase where it has one.',
    details: about(address),
  });
}

export function algorithmsUnfit(address: Address, cause: Error): SmartantError {
  const lacking = cause.message.replace(/^Handshake failed: /, '').slice(0, 200);
  return new SmartantError('HOST_SSH_ALGORITHMS', `The SSH server ${at(address)} and we have no algorithm in common (${lacking}).`, {
    kind: 'precondition',
    hint: 'Allow it one of those that OpenSSH has had since 5.3, or update it.',
    details: about(address),
    cause,
  });
}

/** The server opens no session, though we are signed in. */
export function channelRefused(address: Address, cause: unknown): SmartantError {
  return new SmartantError('HOST_CHANNEL_REFUSED', `The SSH server ${at(address)} refuses to run commands.`, {
    kind: 'unavailable',
    actor: 'user',
    hint: 'Look at MaxSessions, ForceCommand and the limits of the user in the configuration of sshd there.',
    details: about(address),
    cause,
  });
}

export function shellUnfit(address: Address, said: string): SmartantError {
  return new SmartantError('HOST_SHELL_UNFIT', `Commands at ${at(address)} do not run as they are sent${saying(said)}.`, {
    kind: 'precondition',
    hint: 'The user needs a POSIX login shell whose start files write nothing, no forced command, and /bin/sh. Check `ssh USER@HOST true`.',
    details: about(address),
  });
}

export function sudoRefused(address: Address, reason: string): SmartantError {
  return new SmartantError(
    'HOST_SUDO_REFUSED',
    `sudo at ${at(address)} does not let "${address.user}" become root: ${reason.slice(0, SAID_CHARACTERS)}.`,
    {
      kind: 'forbidden',
      hint: 'Check the password for sudo in the endpoint, and what `sudo -l` says for this user; it must be allowed /bin/sh.',
      details: about(address),
    },
  );
}

export function argumentInvalid(): SmartantError {
  return new SmartantError(
    'HOST_ARGUMENT_INVALID',
    'A command for a host has an argument that no argument can carry (a NUL, or half a character).',
    {
      kind: 'invalid',
      actor: 'bug',
    },
  );
}

export function commandTooLong(bytes: number): SmartantError {
  return new SmartantError('HOST_COMMAND_TOO_LONG', `A command for a host is ${bytes} bytes long, more than Linux takes as one argument.`, {
    kind: 'invalid',
    actor: 'bug',
  });
}

export function outputTooLarge(command: string, limitBytes: number): SmartantError {
  return new SmartantError(
    'HOST_OUTPUT_TOO_LARGE',
    `A command wrote more than the ${limitBytes} bytes that are read of it: ${shortened(command)}`,
    {
      kind: 'precondition',
      actor: 'operator',
      hint: 'Look at what is so large at the host.',
    },
  );
}

export function commandTimedOut(address: Address, command: string, timeoutMs: number): SmartantError {
  return new SmartantError('HOST_COMMAND_TIMEOUT', `A command at ${at(address)} was ended after ${timeoutMs} ms: ${shortened(command)}`, {
    kind: 'timeout',
    actor: 'user',
    hint: 'Look at the load of the host, and for disks or network filesystems that do not answer.',
    details: about(address),
  });
}

/** Messages of the C locale, which every command has. */
const FULL = /No space left on device|Disk quota exceeded/;
const READ_ONLY = /Read-only file system/;

export function commandFailed(address: Address, command: string, exitCode: number, stderr: string): SmartantError {
  const said = stderr.trim().slice(-SAID_CHARACTERS);
  const options: SmartantErrorOptions = {
    kind: 'precondition',
    actor: 'operator',
    details: { ...about(address), exitCode: String(exitCode) },
  };
  const what = `A command at ${at(address)} failed (status ${exitCode})`;
  const message = `: ${shortened(command)}${saying(said)}`;
  if (FULL.test(stderr)) {
    return new SmartantError('HOST_DISK_FULL', `No space is left at ${at(address)}${message}`, {
      ...options,
      hint: 'Free some, or give it a larger disk.',
    });
  }
  if (READ_ONLY.test(stderr)) {
    return new SmartantError('HOST_READ_ONLY', `A filesystem at ${at(address)} is read-only${message}`, {
      ...options,
      hint: 'Look in `dmesg` there for errors of the disk, and mount it read-write again.',
    });
  }
  return new SmartantError('HOST_COMMAND_FAILED', `${what}${message}`, { ...options, hint: 'The message is what the host itself said.' });
}

export function pathInvalid(path: string): SmartantError {
  return new SmartantError('HOST_PATH_INVALID', `The host has no directory "${path}".`, {
    kind: 'not-found',
    hint: 'Name an absolute path of a directory there.',
  });
}

export function notLinux(system: string): SmartantError {
  return new SmartantError(
    'HOST_NOT_LINUX',
    `The host runs ${system || 'something else than Linux'}: only Linux machines are migrated as hosts.`,
    {
      kind: 'precondition',
      hint: 'Windows and other systems need a tool of their own; their databases and files can be migrated as such.',
    },
  );
}

export function locationUnfit(kind: string): SmartantError {
  return new SmartantError('HOST_LOCATION_UNFIT', `An endpoint of kind "${kind}" is not reached over SSH.`, {
    kind: 'invalid',
    hint: 'Give an endpoint of kind "ssh".',
  });
}

const saying = (text: string) => (text.trim() === '' ? '' : `: ${text.trim().slice(-SAID_CHARACTERS)}`);
const shortened = (command: string) => (command.length > 300 ? `${command.slice(0, 300)}…` : command);
