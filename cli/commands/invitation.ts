import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import { Api } from '../api/api';
import { parseWhole } from '../endpoints/size';
import type { Invocation, Runner } from '../invocation';
import { localTime } from '../output/numbers';
import { enrolAndSignIn, isEnrolmentRequired } from '../session/enrol-second-factor';
import { keptTokens } from '../session/kept-session';
import { normalizeUrl } from '../session/session';
import { keepLogin } from './identity';
import { readRole } from './role-option';

interface CreateOptions {
  role: string;
  expiresInHours: string;
}

interface AcceptOptions {
  username: string;
  stdin?: boolean;
}

/** invitation create, list, revoke, accept, join. */
export function addInvitationCommands(program: Command, runner: Runner): void {
  const { help } = runner.context.messages.tenancy;
  const invitation = program.command('invitation').description(help.invitations);
  invitation
    .command('create <invitee>')
    .description(help.invitationCreate)
    .option('--role <role>', help.role, 'operator')
    .option('--expires-in-hours <n>', help.invitationExpires, '72')
    .action(runner.action(create));
  invitation.command('list').alias('ls').description(help.invitationList).action(runner.action(list));
  invitation.command('revoke <id>').description(help.invitationRevoke).action(runner.action(revoke));
  invitation
    .command('accept <url>')
    .description(help.invitationAccept)
    .requiredOption('--username <name>', help.invitationUsername)
    .option('--stdin', help.invitationStdin)
    .action(runner.action(accept));
  invitation.command('join').description(help.invitationJoin).option('--stdin', help.invitationStdinToken).action(runner.action(join));
}

async function create({ api, session, printer, messages }: Invocation, invitee: string, options: CreateOptions): Promise<void> {
  const expiresInHours = parseWhole(options.expiresInHours, '--expires-in-hours');
  const created = await api.tenancy.invite({ invitee, role: readRole(options.role), expiresInHours });
  printer.one(created, () => [messages.tenancy.invited(invitee, localTime(created.expiresAt), session.url), created.token]);
}

async function list({ api, printer, messages }: Invocation): Promise<void> {
  const { columns, tenancy } = messages;
  printer.list(
    await api.tenancy.invitations(),
    [
      { heading: columns.id, value: ({ id }) => id },
      { heading: tenancy.columns.invitee, value: ({ invitee }) => invitee },
      { heading: tenancy.columns.role, value: ({ role }) => role },
      { heading: tenancy.columns.expires, value: ({ expiresAt }) => localTime(expiresAt) },
      { heading: columns.created, value: ({ createdAt }) => localTime(createdAt), wide: true },
    ],
    tenancy.noInvitations,
  );
}

async function revoke({ api, printer, messages }: Invocation, id: string): Promise<void> {
  await api.tenancy.revokeInvitation(id);
  printer.done({ revoked: id }, messages.tenancy.invitationRevoked(id));
}

/** Whoever comes new has no session yet: the server is named, as at `login`, and what it opens is kept as there. */
async function accept(invocation: Invocation, url: string, { username, stdin }: AcceptOptions): Promise<void> {
  const { context, messages } = invocation;
  const server = normalizeUrl(url);
  const { askToken, askNewPassword } = messages.tenancy;
  const [token = '', password = ''] = await readSecrets(invocation, [askToken, askNewPassword(username)], stdin);
  const api = new Api(
    { url: server, credential: { username, password }, workspace: '', origin: 'invitation' },
    context.fetch,
    context.signal,
  );
  const accepted = await api.tenancy.acceptInvitation({ token: token.trim(), username, password }).catch((error: unknown) => {
    // The account is made by then.
    if (!isEnrolmentRequired(error) || !context.terminal.canAsk) throw error;
    return enrolAndSignIn(invocation, api.account, { username, password });
  });
  api.use(accepted.accessToken);
  await keepLogin(invocation, api, { url: server, session: keptTokens(accepted) });
}

async function join(invocation: Invocation, { stdin }: { stdin?: boolean }): Promise<void> {
  const { api, printer, messages } = invocation;
  const [token = ''] = await readSecrets(invocation, [messages.tenancy.askToken], stdin);
  const joined = await api.tenancy.joinWorkspace(token.trim());
  printer.done(joined, messages.tenancy.joined(joined.workspace, joined.role));
}

/** One line each, from stdin or typed unseen: never arguments, which others can list. */
async function readSecrets({ context }: Invocation, questions: string[], fromStdin = false): Promise<string[]> {
  const { terminal, signal } = context;
  if (fromStdin) return (await terminal.readAll()).split(/\r?\n/);
  if (!terminal.canAsk) {
    throw new SmartantError('CLI_USAGE', 'There is no terminal to ask for the token.', {
      kind: 'invalid',
      hint: 'Pipe it in with --stdin.',
    });
  }
  const answers: string[] = [];
  for (const question of questions) answers.push(await terminal.askHidden(question, signal));
  return answers;
}
