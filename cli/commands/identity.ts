import { keyIdOf } from '@smartant/proof';
import type { Schema } from '@smartant/contracts/openapi';
import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import { version as cliVersion } from '../version';
import { Api } from '../api/api';
import type { CliContext } from '../context';
import type { Invocation, Runner } from '../invocation';
import { renderDetails } from '../output/table';
import { keptTokens, switchedTokens, type KeptTokens } from '../session/kept-session';
import { enrolAndSignIn, isEnrolmentRequired } from '../session/enrol-second-factor';
import { signInWithProvider } from '../session/oidc-login';
import { forgetLogin, readLoginFile, saveLogin, sessionOf, type SavedLogin } from '../session/saved-login';
import { normalizeUrl } from '../session/session';

const DEFAULT_URL = 'http://127.0.0.1:7400';

export interface LoginOptions {
  username?: string;
  passwordStdin?: boolean;
  apiKeyStdin?: boolean;
  oidc?: string;
  enrolSecondFactor?: boolean;
  /** To remember that it was chosen. */
  chosen?: boolean;
}

type NewLogin = { url: string; chosen?: boolean } & ({ session: KeptTokens } | { apiKey: string });

/** login, logout, whoami, version. */
export function addIdentityCommands(program: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  program
    .command('login [url]')
    .description(help.login)
    .option('--username <name>', help.loginUser)
    .option('--password-stdin', help.passwordStdin)
    .option('--api-key-stdin', help.apiKeyStdin)
    .option('--oidc <provider>', help.loginOidc)
    .option('--enrol-second-factor', help.loginEnrol)
    .action(runner.action(login));
  program.command('logout').description(help.logout).action(runner.action(logout));
  program.command('whoami').description(help.whoami).action(runner.action(whoAmI));
  program.command('version').description(help.version).action(runner.action(showVersion));
}

/** Keeps the session that a password opens, and no password; an API key is kept as it is. */
export async function login(
  invocation: Invocation,
  url: string | undefined,
  options: LoginOptions,
  wanted = invocation.namedWorkspace,
): Promise<void> {
  const { context, messages } = invocation;
  const server = normalizeUrl(url ?? context.env['SMARTANT_URL'] ?? DEFAULT_URL);
  if (server.startsWith('http:') && !/^http:\/\/(127\.|localhost|\[::1\])/.test(server)) context.terminal.note(messages.plainHttp(server));
  const { api, kept } = await signIn(invocation, server, options, wanted);
  // Who names a workspace means it, also beside the key of an installation.
  const chosen = options.chosen ?? (wanted === undefined ? undefined : true);
  await keepLogin(invocation, api, { url: server, ...kept, chosen });
}

/** Saves a sign-in in place of the one before, and says who is signed in where. */
export async function keepLogin(invocation: Invocation, api: Api, login: NewLogin): Promise<void> {
  const { context, messages } = invocation;
  const { url } = login;
  const me = await api.whoAmI();
  const pinned = (await api.reportKeys()).find(({ retiredAt }) => retiredAt === null);
  const workspace = me.workspace || me.workspaceId;
  await endEarlier(invocation, url);
  saveLogin(context, { ...login, workspace, reportPublicKeyPem: pinned?.publicKeyPem });
  invocation.printer.one({ url, username: me.username, workspace, reportKeyId: pinned?.keyId }, () => [
    messages.signedIn(me.username, url, workspace),
    ...(pinned ? [messages.pinnedKey(keyIdOf(pinned.publicKeyPem))] : []),
  ]);
}

/** The sign-in that this one replaces: nobody could end it from here any more. */
async function endEarlier(invocation: Invocation, url: string): Promise<void> {
  const saved = readLoginFile(invocation.context);
  if (saved?.url === url) await endAtServer(invocation, saved);
}

/** What to keep of the sign-in, and the API as whoever signed in. The token says for which workspace it is. */
async function signIn(invocation: Invocation, url: string, options: LoginOptions, wanted: string | undefined) {
  const { context } = invocation;
  // A provider's sign-in begins with no credential at all, and none is sent.
  const asked = options.oidc === undefined ? await askCredential(context, options) : { apiKey: '' };
  const credential = wanted === undefined ? asked : { ...asked, workspace: wanted };
  const api = new Api({ url, credential, workspace: '', origin: 'login' }, context.fetch, context.signal);
  if (options.oidc !== undefined) {
    const token = await signInWithProvider(context, api.account, options.oidc);
    api.use(token.accessToken);
    const session = keptTokens(token);
    return { api, kept: { session: wanted === undefined ? session : switchedTokens(session, await api.switchWorkspace(wanted)) } };
  }
  const token = await tokenFor(invocation, api, credential, options.enrolSecondFactor === true);
  api.use(token.accessToken);
  return { api, kept: 'apiKey' in credential ? { apiKey: credential.apiKey } : { session: keptTokens(token) } };
}

/** Asks for the code of the second factor where the server wants one, and enrols one where the server wants that. */
async function tokenFor(
  invocation: Invocation,
  api: Api,
  credential: Schema<'TokenRequest'>,
  isEnrolling: boolean,
): Promise<Schema<'Token'>> {
  const { terminal, messages, signal } = invocation.context;
  if (!('username' in credential)) return api.token(credential);
  const enrol = () => enrolAndSignIn(invocation, api.account, credential, credential.code);
  if (isEnrolling) return enrol();
  try {
    return await api.token(credential);
  } catch (error) {
    // Without a terminal nothing is enrolled unasked: the secret would be printed into a log.
    if (!terminal.canAsk) throw error;
    if (isEnrolmentRequired(error)) return enrol();
    if (!(error instanceof SmartantError && error.code === 'SECOND_FACTOR_REQUIRED')) throw error;
    return api.token({ ...credential, code: (await terminal.ask(messages.askCode, signal)).trim() });
  }
}

async function askCredential(context: CliContext, options: LoginOptions): Promise<Schema<'TokenRequest'>> {
  const { terminal, messages, signal } = context;
  if (options.apiKeyStdin) return { apiKey: (await terminal.readAll()).trim() };
  const canAsk = terminal.canAsk;
  const username = options.username ?? (canAsk && !options.passwordStdin ? (await terminal.ask(messages.askUser, signal)).trim() : 'admin');
  if (options.passwordStdin) {
    const [password = '', code = ''] = (await terminal.readAll()).split(/\r?\n/);
    return { username, password, ...(code === '' ? {} : { code }) };
  }
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
  await endAtServer(invocation, saved);
  forgetLogin(context);
  invocation.printer.done({ signedOut: true }, messages.signedOut);
}

/** A server that is gone must not keep anybody from forgetting a sign-in here. */
async function endAtServer({ context, messages }: Invocation, saved: SavedLogin): Promise<void> {
  const api = new Api(sessionOf(context, saved), context.fetch, context.signal);
  if ('session' in saved) {
    await api.account.endSession('current').catch((error: unknown) => {
      if (!isSignedOutAlready(error)) context.terminal.note(messages.sessionNotEnded(saved.session.id));
    });
  } else if (saved.apiKeyId) {
    const { apiKeyId } = saved;
    await api.removeApiKey(apiKeyId).catch(() => context.terminal.note(messages.keyNotRevoked(apiKeyId)));
  }
}

function isSignedOutAlready(error: unknown): boolean {
  return error instanceof SmartantError && error.kind === 'unauthenticated';
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
