import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import { sshPlace } from '../endpoints/ssh-url';
import { askTrust, shownKey } from '../endpoints/trust-host-keys';
import type { Invocation, Runner } from '../invocation';
import { collect } from './collect';

interface TrustOptions {
  hostKey?: string[];
}

/** endpoint trust NAME. */
export function addTrustCommand(endpoint: Command, runner: Runner): void {
  const { help } = runner.context.messages.hosts;
  endpoint
    .command('trust <name>')
    .description(help.trust)
    .option('--host-key <fingerprint>', help.trustKey, collect)
    .action(runner.action(trustEndpoint));
}

/**
 * Pins the key that the host shows, or the ones that are given. A pinned key is not taken for another one here: that would show the secret
 * to whoever answers now.
 */
async function trustEndpoint(invocation: Invocation, name: string, { hostKey }: TrustOptions): Promise<void> {
  const { api, printer, messages } = invocation;
  const { location } = await api.endpoint(name);
  if (location.kind !== 'ssh') {
    throw new SmartantError('CLI_USAGE', `"${name}" is no host that is reached by SSH.`, {
      kind: 'invalid',
      hint: 'Only hosts have keys to be pinned.',
    });
  }
  const keys = hostKey ?? (await shown(invocation, name, sshPlace(location)));
  if (keys === null) return printer.done(await api.endpoint(name), messages.hosts.trustedAlready(name));
  const updated = await api.updateEndpoint(name, { location: { ...location, hostKeys: keys } });
  printer.done(updated, messages.hosts.trusted(name, keys.join(', ')));
}

/** Null where the key that is pinned already is the one that it shows. Raises what the test found where it is another one. */
async function shown(invocation: Invocation, name: string, place: string): Promise<string[] | null> {
  const { reachable, findings } = await invocation.api.testEndpoint(name);
  const key = shownKey(findings);
  if (key !== undefined) {
    await askTrust(invocation, place, key, '--host-key');
    return [key];
  }
  if (reachable) return null;
  const [first] = findings;
  throw new SmartantError(first?.code ?? 'HOST_UNREACHABLE', first?.message ?? `${place} is not reached.`, {
    kind: 'precondition',
    hint: first?.hint,
  });
}
