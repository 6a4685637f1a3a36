import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { Api, Endpoint, EndpointSecret } from '../api/api';
import { findDatabaseSecret } from '../endpoints/database-secret';
import { findHostSecret, type HostAccess } from '../endpoints/host-secret';
import { findS3Secret } from '../endpoints/credentials';
import { parseEndpoint } from '../endpoints/endpoint-url';
import { readNetwork, type NetworkOptions } from '../endpoints/network-options';
import { resolveInline } from '../endpoints/resolve-endpoint';
import { isSaid, withNetwork } from '../endpoints/with-network';
import type { Invocation, Runner } from '../invocation';
import { collect } from './collect';
import { addNetworkOptions } from './network-options';

interface UpdateOptions extends NetworkOptions, Pick<HostAccess, 'passwordFile' | 'identity'> {
  profile?: string;
  hostKey?: string[];
}

/** endpoint update. */
export function addUpdateCommand(endpoint: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const command = endpoint
    .command('update <name> [url]')
    .description(help.endpointUpdate)
    .option('--profile <name>', help.endpointUpdateProfile)
    .option('--password-file <file>', runner.context.messages.database.help.passwordFile)
    .option('--identity <file>', runner.context.messages.hosts.help.identity)
    .option('--host-key <fingerprint>', runner.context.messages.hosts.help.hostKey, collect);
  addNetworkOptions(command, runner.context.messages).addHelpText('after', `\n${help.endpointForms}`).action(runner.action(updateEndpoint));
}

/** The new secret comes from where that of a new endpoint would: never from the command line. */
async function updateEndpoint(invocation: Invocation, name: string, url: string | undefined, options: UpdateOptions): Promise<void> {
  const { api, printer, messages } = invocation;
  const change = url === undefined ? { secret: await newSecret(invocation, name, options) } : await elsewhere(invocation, url, options);
  const updated = await api.updateEndpoint(name, change);
  printer.done(updated, messages.endpointUpdated(updated.name));
}

/** Where it is stays, and so does the way there. What kind of secret is wanted only the endpoint itself tells, where the options don't. */
async function newSecret({ api, context }: Invocation, name: string, options: UpdateOptions): Promise<EndpointSecret> {
  const { profile, passwordFile, identity, hostKey, ...network } = options;
  if (hostKey !== undefined || isSaid(readNetwork(context, network))) {
    throw new SmartantError('CLI_USAGE', `The way to "${name}" is changed with its location.`, {
      kind: 'invalid',
      hint: 'Write where it is as well: smartant endpoint update NAME s3://… --via-….',
    });
  }
  const location = profile === undefined ? await locationOf(api, name) : undefined;
  if (location?.kind === 'postgres') return findDatabaseSecret(context, undefined, location, passwordFile);
  if (location?.kind === 'ssh') return findHostSecret(context, undefined, location, { passwordFile, identity });
  return findS3Secret(context, undefined, profile);
}

/** An endpoint that is not there is refused by the update itself. */
async function locationOf(api: Api, name: string): Promise<Endpoint['location'] | undefined> {
  try {
    return (await api.endpoint(name)).location;
  } catch (error) {
    if (error instanceof SmartantError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

async function elsewhere(
  { api, context }: Invocation,
  url: string,
  { profile, passwordFile, identity, hostKey: hostKeys, ...options }: UpdateOptions,
) {
  const target = parseEndpoint(url, context.cwd);
  if (target.kind === 'saved') {
    throw new SmartantError('CLI_ENDPOINT_INVALID', `"${url}" is no location.`, {
      kind: 'invalid',
      hint: 'Give s3://…, postgres://…, ssh://…, image:… or file:///….',
    });
  }
  const located = target.kind === 's3' && profile ? { ...target, profile } : target;
  const inline = await resolveInline(context, api, located, undefined, { passwordFile, identity, hostKeys });
  return withNetwork(inline, readNetwork(context, options), url);
}
