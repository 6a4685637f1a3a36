import type { Command } from 'commander';
import { SmartantError } from '@smartant/kernel';
import { Api } from '../api/api';
import type { CliContext } from '../context';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { ratesText } from '../output/limit-text';
import { localTime } from '../output/numbers';
import { switchedTokens } from '../session/kept-session';
import { readLoginFile, saveLogin, savedLoginPath, sessionOf, updateLogin, type SessionLogin } from '../session/saved-login';
import { login } from './identity';
import { addRateOptions, readRates, type RateOptions } from './limit-options';
import { addQuotaCommand } from './workspace-quotas';
import { addWorkspaceSecondFactorCommand } from './workspace-second-factor';

interface UseOptions {
  passwordStdin?: boolean;
}

/** workspace list, use, create, rename, disable, enable, limits, quotas, second-factor. */
export function addWorkspaceCommands(program: Command, runner: Runner): void {
  const { messages } = runner.context;
  const { help, tenancy } = messages;
  const workspace = program.command('workspace').description(help.workspaces);
  workspace.command('list').alias('ls').description(tenancy.help.workspaceList).action(runner.action(listWorkspaces));
  workspace
    .command('use <name>')
    .description(tenancy.help.workspaceUse)
    .option('--password-stdin', help.passwordStdin)
    .action(runner.action(useWorkspace));
  workspace.command('create <name>').description(tenancy.help.workspaceCreate).action(runner.action(createWorkspace));
  workspace.command('rename <name> <new>').description(tenancy.help.workspaceRename).action(runner.action(renameWorkspace));
  workspace
    .command('disable <name>')
    .description(tenancy.help.workspaceDisable)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .action(runner.action(disableWorkspace));
  workspace.command('enable <name>').description(tenancy.help.workspaceEnable).action(runner.action(enableWorkspace));
  addRateOptions(workspace.command('limits').description(help.workspaceLimits), messages).action(runner.action(limits));
  addQuotaCommand(workspace, runner);
  addWorkspaceSecondFactorCommand(workspace, runner);
}

async function listWorkspaces({ api, session, printer, messages }: Invocation): Promise<void> {
  const { columns, tenancy, labels } = messages;
  printer.list(
    await api.tenancy.workspaces(),
    [
      { heading: columns.name, value: ({ name }) => name },
      { heading: tenancy.columns.role, value: ({ role }) => role },
      { heading: tenancy.columns.current, value: ({ id, name }) => ([id, name].includes(session.workspace) ? labels.yes : '') },
      { heading: columns.state, value: ({ disabled }) => (disabled ? tenancy.disabled : tenancy.enabled) },
      { heading: columns.created, value: ({ createdAt }) => localTime(createdAt), wide: true },
      { heading: columns.id, value: ({ id }) => id, wide: true },
    ],
    tenancy.noWorkspaces,
  );
}

/** A session goes along. An API key is for one workspace: in another one there has to be a sign-in, which is not begun unasked. */
async function useWorkspace(invocation: Invocation, name: string, options: UseOptions): Promise<void> {
  const { session, context, printer, messages } = invocation;
  if (session.origin === 'SMARTANT_URL') throw fixedByEnvironment();
  const saved = sessionToTakeAlong(invocation, options);
  const api = saved ? new Api(sessionOf(context, saved), context.fetch, context.signal) : invocation.api;
  const found = (await api.tenancy.workspaces()).find((each) => each.name === name || each.id === name);
  if (!found) throw notYours(name);
  if (saved) await switchSaved(context, api, saved.session.id, found);
  else if (![found.id, found.name].includes(session.workspace)) return signInTo(invocation, found.id, options);
  else rememberChoice(invocation, found.name);
  printer.done({ workspace: found.name }, messages.tenancy.using(found.name));
}

/** The session that was saved for this server, also where the key of an installation is in use; not if a password is there for a new one. */
function sessionToTakeAlong({ context, session }: Invocation, { passwordStdin }: UseOptions): SessionLogin | undefined {
  const saved = readLoginFile(context);
  if (!saved || !('session' in saved) || saved.url !== session.url) return undefined;
  return session.origin === savedLoginPath(context) || !passwordStdin ? saved : undefined;
}

/** Raises CLI_LOGIN_CHANGED when somebody else signed in here meanwhile. */
async function switchSaved(context: CliContext, api: Api, sessionId: string, { id, name }: { id: string; name: string }): Promise<void> {
  const token = await api.switchWorkspace(id);
  const isSaved = updateLogin(context, sessionId, (login) => ({
    ...login,
    session: switchedTokens(login.session, token),
    workspace: name,
    chosen: true,
  }));
  if (!isSaved) throw loginChanged();
}

/** Of a saved API key, whose workspace it is; that of an installation stays as it is. */
function rememberChoice({ context, session }: Invocation, workspace: string): void {
  const saved = readLoginFile(context);
  if (saved && session.origin === savedLoginPath(context)) saveLogin(context, { ...saved, workspace, chosen: true });
}

async function signInTo(invocation: Invocation, workspaceId: string, options: UseOptions): Promise<void> {
  if (!options.passwordStdin) throw fixedByKey();
  const { username } = await invocation.api.whoAmI();
  await login(invocation, invocation.session.url, { ...options, username, chosen: true }, workspaceId);
}

async function createWorkspace({ api, printer, messages }: Invocation, name: string): Promise<void> {
  const created = await api.tenancy.createWorkspace(name);
  printer.done(created, messages.tenancy.workspaceCreated(created.name));
}

async function renameWorkspace({ api, printer, messages }: Invocation, name: string, newName: string): Promise<void> {
  const renamed = await api.tenancy.updateWorkspace(name, { name: newName });
  printer.done(renamed, messages.tenancy.workspaceRenamed(name, renamed.name));
}

async function disableWorkspace(invocation: Invocation, name: string, options: DestructiveOptions): Promise<void> {
  const { api, printer, messages } = invocation;
  if (!(await invocation.confirm(messages.tenancy.asksDisableWorkspace(name), options))) return;
  printer.done(await api.tenancy.updateWorkspace(name, { disabled: true }), messages.tenancy.nowDisabled(name));
}

async function enableWorkspace({ api, printer, messages }: Invocation, name: string): Promise<void> {
  printer.done(await api.tenancy.updateWorkspace(name, { disabled: false }), messages.tenancy.nowEnabled(name));
}

async function limits({ api, printer, messages }: Invocation, options: RateOptions): Promise<void> {
  const change = readRates(options);
  const now = Object.keys(change).length > 0 ? await api.setWorkspaceLimits(change) : await api.workspaceLimits();
  printer.one(now, () => [ratesText(now, messages)]);
}

function fixedByEnvironment(): SmartantError {
  return new SmartantError('CLI_WORKSPACE_FIXED', 'SMARTANT_API_KEY says who you are, and an API key is for one workspace.', {
    kind: 'precondition',
    hint: 'Set the key of the other workspace, or unset it and run "smartant login URL --workspace NAME".',
  });
}

function fixedByKey(): SmartantError {
  return new SmartantError('CLI_WORKSPACE_FIXED', 'You are signed in with an API key here, and an API key is for one workspace.', {
    kind: 'precondition',
    hint: 'Sign in as a user: smartant login URL --workspace NAME.',
  });
}

function loginChanged(): SmartantError {
  return new SmartantError('CLI_LOGIN_CHANGED', 'Another sign-in was saved in the meantime, and was left as it is.', {
    kind: 'conflict',
    hint: 'See "smartant whoami", and do it again.',
  });
}

function notYours(name: string): SmartantError {
  return new SmartantError('CLI_WORKSPACE_NOT_FOUND', `You have no workspace "${name}".`, {
    kind: 'not-found',
    hint: 'See "smartant workspace list".',
  });
}
