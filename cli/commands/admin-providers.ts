import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { Schema } from '@smartant/contracts/openapi';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';

type Mapping = Schema<'CreateIdentityProviderRequest'>['mappings'][number];
type Role = Mapping['role'];

interface AddOptions {
  clientId: string;
  clientSecretStdin?: boolean;
  scopes?: string;
  map: string[];
  linkVerifiedEmail?: boolean;
  assumeSecondFactor?: boolean;
  secondFactorAcr?: string[];
}

const ROLES: readonly Role[] = ['viewer', 'operator', 'owner'];

/** admin provider add, list, rm. */
export function addProviderCommands(admin: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const provider = admin.command('provider').description(help.adminProvider);
  provider
    .command('add <name> <issuer>')
    .description(help.adminProviderAdd)
    .requiredOption('--client-id <id>', help.providerClientId)
    .option('--client-secret-stdin', help.providerSecretStdin)
    .option('--scopes <scopes>', help.providerScopes)
    .requiredOption('--map <mapping>', help.providerMap, (text: string, before: string[] | undefined) => [...(before ?? []), text])
    .option('--link-verified-email', help.providerLink)
    .option('--assume-second-factor', help.providerAssume)
    .option('--second-factor-acr <value>', help.providerAcr, (text: string, before: string[] | undefined) => [...(before ?? []), text])
    .action(runner.action(add));
  provider.command('list').alias('ls').description(help.adminProviderList).action(runner.action(list));
  provider
    .command('rm <name>')
    .description(help.adminProviderRm)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .action(runner.action(remove));
}

async function add({ api, context, printer, messages }: Invocation, name: string, issuer: string, options: AddOptions): Promise<void> {
  const { terminal, signal } = context;
  const mappings = options.map.map(readMapping);
  if (!options.clientSecretStdin && !terminal.canAsk)
    throw usage('There is no terminal to ask for the client secret.', '--client-secret-stdin');
  const clientSecret = options.clientSecretStdin
    ? (await terminal.readAll()).trim()
    : await terminal.askHidden(messages.askClientSecret, signal);
  const added = await api.account.addProvider({
    name,
    issuer,
    clientId: options.clientId,
    clientSecret,
    mappings,
    ...(options.scopes === undefined ? {} : { scopes: options.scopes }),
    linkVerifiedEmail: options.linkVerifiedEmail === true,
    assumeSecondFactor: options.assumeSecondFactor === true,
    secondFactorAcr: options.secondFactorAcr ?? [],
  });
  printer.done(added, messages.providerAdded(name));
}

/** `domain:example.com=WORKSPACE:viewer`, or `groups:ops=WORKSPACE:operator` for a claim. Raises CLI_USAGE. */
function readMapping(text: string): Mapping {
  const [, claim = '', value = '', workspace = '', role = ''] = /^([^:=]+):(.+)=([^:=]+):([a-z]+)$/.exec(text) ?? [];
  const known = ROLES.find((each) => each === role);
  if (!known) throw usage(`"${text}" is not a mapping.`, '--map groups:ops=default:operator, or --map domain:example.com=default:viewer');
  return claim === 'domain' ? { emailDomain: value, workspace, role: known } : { claim, value, workspace, role: known };
}

async function list({ api, printer, messages }: Invocation): Promise<void> {
  const { columns } = messages;
  printer.list(
    await api.account.providers(),
    [
      { heading: columns.name, value: ({ name }) => name },
      { heading: columns.issuer, value: ({ issuer }) => issuer },
      { heading: columns.mappings, value: ({ mappings }) => mappings.map(mappingText).join(', ') },
      { heading: columns.id, value: ({ id }) => id, wide: true },
    ],
    messages.nothing.providers,
  );
}

function mappingText({ emailDomain, claim, value, workspaceId, role }: Schema<'IdentityProvider'>['mappings'][number]): string {
  return `${emailDomain === undefined ? `${claim}:${value}` : `domain:${emailDomain}`}=${workspaceId}:${role}`;
}

async function remove(invocation: Invocation, name: string, options: DestructiveOptions): Promise<void> {
  const { api, printer, messages } = invocation;
  if (!(await invocation.confirm(messages.removeProvider(name), options))) return;
  await api.account.removeProvider(name);
  printer.done({ removed: name }, messages.providerRemoved(name));
}

function usage(message: string, hint: string): SmartantError {
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint: `Use ${hint}.` });
}
