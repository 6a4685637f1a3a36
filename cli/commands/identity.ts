import { hostname } from 'node:os';
import { keyIdOf } from '@smartant/proof';
import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import { version as cliVersion } from '../version';
import { Api } from '../api/api';
import type { CliContext } from '../context';
import type { Invocation, Runner } from '../invocation';
import { renderDetails } from '../output/table';
import { forgetLogin, readLoginFile, saveLogin } from '../session/saved-login';
import { normalizeUrl, type Session } from '../session/session';

const DEFAULT_URL = 'http://127.0.0.1:7400';

export interface LoginOptions {
  username?: string;
  passwordStdin?: boolean;
  apiKeyStdin?: boolean;
  /** To remember that it was chosen. */
  chosen?: boolean;
}

/** login, logout, whoami, version. */
export function addIdentityCommands(program: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  program
    .command('login [url]')
    .description(help.login)
    .option('--username <name>', help.loginUser)
    .option('--password-stdin', help.passwordStdin)
    .option('--api-key-stdin', help.apiKeyStdin)
    .action(runner.action(login));
  program.command('logout').description(help.logout).action(runner.action(logout));
  program.command('whoami').description(help.whoami).action(runner.action(whoAmI));
  program.command('version').description(help.version).action(runner.action(showVersion));
}

/** Exchanges a password for an API key of its own, so that no password is kept and `logout` can revoke it. */
export async function login(
  invocation: Invocation,
  url: string | undefined,
  options: LoginOptions,
  wanted = invocation.namedWorkspace,
): Promise<void> {
  const { context, messages } = invocation;
  const server = normalizeUrl(url ?? context.env['SMARTANT_URL'] ?? DEFAULT_URL);
  if (server.startsWith('http:') && !/^http:\/\/(127\.|localhost|\[::1\])/.test(server)) context.terminal.note(messages.plainHttp(server));
  const asked = await askCredential(context, options);
  const credential = wanted === undefined ? asked : { ...asked, workspace: wanted };
  // The token says for which workspace it is.
  const session: Session = { url: server, credential, workspace: '', origin: 'login' };
  const api = new Api(session, context.fetch, context.signal);
  const me = await api.whoAmI();
  await revokeEarlier(invocation, server);
  const key = 'apiKey' in credential ? { apiKey: credential.apiKey } : await makeKey(api);
  const pinned = (await api.reportKeys()).find(({ retiredAt }) => retiredAt === null);
  const workspace = me.workspace || me.workspaceId;
  saveLogin(context, { url: server, ...key, workspace, reportPublicKeyPem: pinned?.publicKeyPem, chosen: options.chosen });
  invocation.printer.one({ url: server, username: me.username, workspace, reportKeyId: pinned?.keyId }, () => [
    messages.signedIn(me.username, server, workspace),
    ...(pinned ? [messages.pinnedKey(keyIdOf(pinned.publicKeyPem))] : []),
  ]);
}

/** The key of the sign-in that this one replaces: nobody could revoke it any more, and its name is wanted. */
async function revokeEarlier(invocation: Invocation, url: string): Promise<void> {
  const saved = readLoginFile(invocation.context);
  if (saved?.apiKeyId && saved.url === url) await revoke(invocation, { ...saved, apiKeyId: saved.apiKeyId });
}

async function makeKey(api: Api): Promise<{ apiKey: string; apiKeyId: string }> {
  const created = await api.createApiKey(`smartant on ${hostname()}`.slice(0, 100));
  return { apiKey: created.apiKey, apiKeyId: created.id };
}

async function askCredential(context: CliContext, options: LoginOptions): Promise<Session['credential']> {
  const { terminal, messages, signal } = context;
  if (options.apiKeyStdin) return { apiKey: (await terminal.readAll()).trim() };
  const canAsk = terminal.canAsk;
  const username = options.username ?? (canAsk && !options.passwordStdin ? (await terminal.ask(messages.askUser, signal)).trim() : 'admin');
  if (options.passwordStdin) return { username, password: (await terminal.readAll()).replace(/\r?\n$/, '') };
  if (canAsk) return { username, password: await terminal.askHidden(messages.askPassword(username), signal) };
  throw new SmartantError('CLI_USAGE', 'There is no terminal to ask for a password.', {
    kind: 'invalid',
    hint: 'Pipe it in: --password-stdin, or --api-key-stdin.',
  });
}

async function logout(invocation: Invocation): Promise<void> {
  const { context, messages } = invocation;
  const saved = readLoginFile(context);
  if (!saved) return context.terminal.note(messages.notSignedIn);
  if (saved.apiKeyId) await revoke(invocation, { ...saved, apiKeyId: saved.apiKeyId });
  forgetLogin(context);
  invocation.printer.done({ signedOut: true }, messages.signedOut);
}

/** A server that is gone must not keep anybody from forgetting its key here. */
async function revoke(
  { context, messages }: Invocation,
  saved: { url: string; apiKey: string; workspace: string; apiKeyId: string },
): Promise<void> {
  const { url, apiKey, workspace, apiKeyId } = saved;
  try {
    const api = new Api({ url, credential: { apiKey }, workspace, origin: 'logout' }, context.fetch, context.signal);
    await api.removeApiKey(apiKeyId);
  } catch {
    context.terminal.note(messages.keyNotRevoked(apiKeyId));
  }
}

async function whoAmI({ api, session, printer, messages }: Invocation): Promise<void> {
  const me = await api.whoAmI();
  const { labels } = messages;
  printer.one({ ...me, url: session.url, signedInBy: session.origin }, () =>
    renderDetails([
      [labels.user, me.username],
      [labels.role, me.role],
      [labels.workspace, me.workspace],
      [labels.server, session.url],
      [labels.from, session.origin],
    ]),
  );
}

async function showVersion(invocation: Invocation): Promise<void> {
  const { labels } = invocation.messages;
  const server = invocation.sessionIfAny ? await invocation.api.version().catch(() => null) : null;
  invocation.printer.one({ cli: cliVersion, server }, () =>
    renderDetails([
      [labels.cli, cliVersion],
      [labels.server, server ? `${server.version} (${server.mode})` : '–'],
    ]),
  );
}
