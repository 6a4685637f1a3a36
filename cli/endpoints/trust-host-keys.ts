import { SmartantError } from '@smartant/kernel';
import type { CreateMigration, EndpointLocation, EndpointRef, Finding } from '../api/api';
import type { Invocation } from '../invocation';
import type { Side } from './credentials';
import { sshPlace } from './ssh-url';

const FINGERPRINT = /SHA256:[A-Za-z0-9+/]{43}/;

/** The key that a host showed, as a finding tells it; undefined where it says nothing of one. Of a migration: that of one side. */
export function shownKey(findings: Finding[], side?: { subject: Side; host: string }): string | undefined {
  const unknown = findings.filter(({ code }) => code === 'HOST_KEY_UNKNOWN');
  const found =
    side === undefined
      ? unknown[0]
      : (unknown.find(({ subject }) => subject === side.subject) ??
        unknown.find(({ subject, message }) => subject === 'both' && message.includes(side.host)));
  return found && FINGERPRINT.exec(`${found.message} ${found.hint}`)?.[0];
}

/**
 * Hosts whose key nobody has pinned yet are asked for it, and the user is asked whether it is theirs, as ssh does. Raises
 * CLI_HOST_KEY_UNKNOWN where nobody can be asked, with the key to be given; CLI_DECLINED when the answer is not yes.
 */
export async function trustHostKeys(invocation: Invocation, request: CreateMigration): Promise<CreateMigration> {
  let trusted = request;
  for (const side of ['source', 'target'] as const) {
    const location = unpinned(trusted[side]);
    if (location === null) continue;
    const { findings } = await invocation.api.validateMigration(trusted);
    const key = shownKey(findings, { subject: side, host: location.host });
    // What else keeps the host from being reached is told by the precheck.
    if (key === undefined) continue;
    await askTrust(invocation, sshPlace(location), key, `--${side}-host-key`);
    trusted = { ...trusted, [side]: pinned(trusted[side], key) };
  }
  return trusted;
}

/** Raises CLI_HOST_KEY_UNKNOWN where nobody can be asked, CLI_DECLINED when the answer is not yes. */
export async function askTrust({ context, messages }: Invocation, place: string, key: string, option: string): Promise<void> {
  const { terminal, signal } = context;
  if (!terminal.canAsk) throw keyUnknown(place, key, option);
  terminal.note(messages.hosts.unknownKey(place, key));
  const answer = (await terminal.ask(messages.hosts.askTrust, signal)).trim().toLowerCase();
  if (answer === 'yes' || answer === 'y') return;
  throw new SmartantError('CLI_DECLINED', `The key of ${place} was not trusted.`, { kind: 'cancelled', hint: 'Nothing was changed.' });
}

function unpinned(ref: EndpointRef): Extract<EndpointLocation, { kind: 'ssh' }> | null {
  if (!('location' in ref) || ref.location.kind !== 'ssh' || (ref.location.hostKeys ?? []).length > 0) return null;
  return ref.location;
}

function pinned(ref: EndpointRef, key: string): EndpointRef {
  if (!('location' in ref) || ref.location.kind !== 'ssh') return ref;
  return { ...ref, location: { ...ref.location, hostKeys: [key] } };
}

function keyUnknown(place: string, key: string, option: string): SmartantError {
  return new SmartantError('CLI_HOST_KEY_UNKNOWN', `The host key of ${place} is not known; it shows ${key}.`, {
    kind: 'invalid',
    hint: `Compare it with what "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" says on that host, and give it: ${option} ${key}`,
  });
}
