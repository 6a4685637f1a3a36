import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import { findS3Secret } from '../endpoints/credentials';
import { parseEndpoint } from '../endpoints/endpoint-url';
import { readNetwork, type NetworkOptions } from '../endpoints/network-options';
import { resolveInline } from '../endpoints/resolve-endpoint';
import { isSaid, withNetwork } from '../endpoints/with-network';
import type { Invocation, Runner } from '../invocation';
import { addNetworkOptions } from './network-options';

interface UpdateOptions extends NetworkOptions {
  profile?: string;
}

/** endpoint update. */
export function addUpdateCommand(endpoint: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const command = endpoint
    .command('update <name> [url]')
    .description(help.endpointUpdate)
    .option('--profile <name>', help.endpointUpdateProfile);
  addNetworkOptions(command, runner.context.messages).addHelpText('after', `\n${help.endpointForms}`).action(runner.action(updateEndpoint));
}

/** The new secret comes from where that of a new endpoint would: never from the command line. */
async function updateEndpoint(invocation: Invocation, name: string, url: string | undefined, options: UpdateOptions): Promise<void> {
  const { api, printer, messages } = invocation;
  const change = url === undefined ? await newSecret(invocation, name, options) : await elsewhere(invocation, url, options);
  const updated = await api.updateEndpoint(name, change);
  printer.done(updated, messages.endpointUpdated(updated.name));
}

/** Where it is stays, and so does the way there. */
async function newSecret({ context }: Invocation, name: string, { profile, ...options }: UpdateOptions) {
  const secret = findS3Secret(context, undefined, profile);
  if (!isSaid(readNetwork(context, options))) return { secret };
  throw new SmartantError('CLI_USAGE', `The way to "${name}" is changed with its location.`, {
    kind: 'invalid',
    hint: 'Write where it is as well: smartant endpoint update NAME s3://… --via-….',
  });
}

async function elsewhere({ api, context }: Invocation, url: string, { profile, ...options }: UpdateOptions) {
  const target = parseEndpoint(url, context.cwd);
  if (target.kind === 'saved') {
    throw new SmartantError('CLI_ENDPOINT_INVALID', `"${url}" is no location.`, { kind: 'invalid', hint: 'Give s3://… or file:///….' });
  }
  const inline = await resolveInline(context, api, target.kind === 's3' && profile ? { ...target, profile } : target, undefined);
  return withNetwork(inline, readNetwork(context, options), url);
}
