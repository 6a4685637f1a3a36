import type { Command } from 'commander';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { parseWhole } from '../endpoints/size';
import { localTime } from '../output/numbers';
import { readRole } from './role-option';

interface KeyOptions {
  name: string;
  role?: string;
  expiresInDays?: string;
}

/** service-account list, create, role, disable, enable, rm, keys, add-key, revoke-key. */
export function addServiceAccountCommands(program: Command, runner: Runner): void {
  const { help, tenancy } = runner.context.messages;
  const account = program.command('service-account').description(tenancy.help.serviceAccounts);
  account.command('list').alias('ls').description(tenancy.help.serviceAccountList).action(runner.action(listAccounts));
  account
    .command('create <name>')
    .description(tenancy.help.serviceAccountCreate)
    .option('--role <role>', tenancy.help.role, 'operator')
    .action(runner.action(createAccount));
  account.command('role <name> <role>').description(tenancy.help.serviceAccountRole).action(runner.action(setRole));
  account.command('disable <name>').description(tenancy.help.serviceAccountDisable).action(runner.action(disableAccount));
  account.command('enable <name>').description(tenancy.help.serviceAccountEnable).action(runner.action(enableAccount));
  account
    .command('rm <name>')
    .description(tenancy.help.serviceAccountRm)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .action(runner.action(removeAccount));
  addKeyCommands(account, runner);
}

function addKeyCommands(account: Command, runner: Runner): void {
  const { help } = runner.context.messages.tenancy;
  account.command('keys <name>').description(help.serviceAccountKeys).action(runner.action(listKeys));
  account
    .command('add-key <name>')
    .description(help.serviceAccountAddKey)
    .requiredOption('--name <name>', help.keyName)
    .option('--role <role>', help.keyRole)
    .option('--expires-in-days <n>', help.keyExpires)
    .action(runner.action(addKey));
  account.command('revoke-key <id>').description(help.serviceAccountRevokeKey).action(runner.action(revokeKey));
}

async function listAccounts({ api, printer, messages }: Invocation): Promise<void> {
  const { columns, tenancy } = messages;
  printer.list(
    await api.tenancy.serviceAccounts(),
    [
      { heading: columns.name, value: ({ name }) => name },
      { heading: tenancy.columns.role, value: ({ role }) => role },
      { heading: columns.state, value: ({ disabled }) => (disabled ? tenancy.disabled : tenancy.enabled) },
      { heading: columns.created, value: ({ createdAt }) => localTime(createdAt), wide: true },
      { heading: columns.id, value: ({ id }) => id, wide: true },
    ],
    tenancy.noServiceAccounts,
  );
}

async function createAccount({ api, printer, messages }: Invocation, name: string, options: { role: string }): Promise<void> {
  const created = await api.tenancy.createServiceAccount(name, readRole(options.role));
  printer.done(created, messages.tenancy.serviceAccountCreated(created.name));
}

async function setRole({ api, printer, messages }: Invocation, name: string, role: string): Promise<void> {
  const changed = await api.tenancy.updateServiceAccount(name, { role: readRole(role) });
  printer.done(changed, messages.tenancy.memberIs(changed.name, changed.role));
}

async function disableAccount({ api, printer, messages }: Invocation, name: string): Promise<void> {
  printer.done(await api.tenancy.updateServiceAccount(name, { disabled: true }), messages.tenancy.nowDisabled(name));
}

async function enableAccount({ api, printer, messages }: Invocation, name: string): Promise<void> {
  printer.done(await api.tenancy.updateServiceAccount(name, { disabled: false }), messages.tenancy.nowEnabled(name));
}

async function removeAccount(invocation: Invocation, name: string, options: DestructiveOptions): Promise<void> {
  const { api, printer, messages } = invocation;
  if (!(await invocation.confirm(messages.tenancy.asksRemoveServiceAccount(name), options))) return;
  await api.tenancy.removeServiceAccount(name);
  printer.done({ removed: name }, messages.tenancy.serviceAccountRemoved(name));
}

async function listKeys({ api, printer, messages }: Invocation, name: string): Promise<void> {
  const { columns, tenancy } = messages;
  const accounts = await api.tenancy.serviceAccounts();
  const account = accounts.find(({ id }) => id === name) ?? accounts.find((each) => each.name.toLowerCase() === name.toLowerCase());
  printer.list(
    (await api.tenancy.apiKeys()).filter(({ createdBy }) => createdBy === account?.id),
    [
      { heading: columns.id, value: ({ id }) => id },
      { heading: columns.name, value: (key) => key.name },
      { heading: tenancy.columns.role, value: ({ role }) => role },
      { heading: tenancy.columns.prefix, value: ({ prefix }) => `${prefix}…` },
      { heading: tenancy.columns.expires, value: ({ expiresAt }) => (expiresAt === null ? '' : localTime(expiresAt)) },
      { heading: tenancy.columns.lastUsed, value: ({ lastUsedAt }) => (lastUsedAt === null ? '' : localTime(lastUsedAt)) },
    ],
    tenancy.noKeys(name),
  );
}

/** The key alone on stdout, so that it can be piped into a file. */
async function addKey({ api, context, printer, messages }: Invocation, account: string, options: KeyOptions): Promise<void> {
  const created = await api.tenancy.createServiceAccountKey(account, {
    name: options.name,
    ...(options.role === undefined ? {} : { role: readRole(options.role) }),
    ...(options.expiresInDays === undefined ? {} : { expiresInDays: parseWhole(options.expiresInDays, '--expires-in-days') }),
  });
  printer.one(created, () => [created.apiKey]);
  context.terminal.note(messages.tenancy.keyShownOnce);
}

async function revokeKey({ api, printer, messages }: Invocation, id: string): Promise<void> {
  await api.removeApiKey(id);
  printer.done({ revoked: id }, messages.tenancy.keyRevoked(id));
}
