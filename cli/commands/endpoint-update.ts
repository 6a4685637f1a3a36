import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import { findS3Secret } from '../endpoints/credentials';
import { parseEndpoint } from '../endpoints/endpoint-url';
import { resolveInline } from '../endpoints/resolve-endpoint';
import type { Invocation, Runner } from '../invocation';

/** endpoint update. */
export function addUpdateCommand(endpoint: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  endpoint
    .command('update <name> [url]')
    .description(help.endpointUpdate)
    .option('--profile <name>', help.endpointUpdateProfile)
    .addHelpText('after', `\n${help.endpointForms}`)
    .action(runner.action(updateEndpoint));
}

/** The new secret comes from where that of a new endpoint would: never from the command line. */
async function updateEndpoint(invocation: Invocation, name: string, url: string | undefined, options: { profile?: string }): Promise<void> {
  const { api, context, printer, messages } = invocation;
  const change =
    url === undefined ? { secret: findS3Secret(context, undefined, options.profile) } : await elsewhere(invocation, url, options);
  const updated = await api.updateEndpoint(name, change);
  printer.done(updated, messages.endpointUpdated(updated.name));
}

async function elsewhere({ api, context }: Invocation, url: string, { profile }: { profile?: string }) {
  const target = parseEndpoint(url, context.cwd);
  if (target.kind === 'saved') {
    throw new SmartantError('CLI_ENDPOINT_INVALID', `"${url}" is no location.`, { kind: 'invalid', hint: 'Give s3://… or file:///….' });
  }
  return resolveInline(context, api, target.kind === 's3' && profile ? { ...target, profile } : target, undefined);
}
