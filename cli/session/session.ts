import { SmartantError } from '@smartant/kernel';
import type { Schema } from '@smartant/contracts/openapi';
import type { CliContext } from '../context';
import type { KeptSession } from './kept-session';
import { readLoginFile, readSavedLogin } from './saved-login';
import { findTokenFile } from './token-file';

/** Where the API is and as whom to speak to it. */
export interface Session {
  url: string;
  credential: Schema<'TokenRequest'> | KeptSession;
  /** Name or id; empty: whichever the credential is for. */
  workspace: string;
  /** Where it comes from, for `whoami`. */
  origin: string;
  /** The public key that this installation's reports are signed with, as shown at installation. */
  pinnedReportKeyPem?: string;
}

/**
 * The session to use: SMARTANT_URL with SMARTANT_API_KEY, else SMARTANT_HOME, else the installation that the working
 * directory lies in, else what `smartant login` saved. Raises CLI_SIGN_IN_NEEDED.
 */
export function findSession(context: CliContext, workspace?: string): Session {
  const found = fromEnvironment(context) ?? chosenOrInstalled(context) ?? readSavedLogin(context);
  if (!found) throw signInNeeded();
  return workspace ? { ...found, workspace } : found;
}

/** The session of an installation, or what `workspace use` put in its place. */
function chosenOrInstalled(context: CliContext): Session | undefined {
  const installed = findTokenFile(context);
  const saved = installed && readLoginFile(context);
  return saved?.chosen && saved.url === installed?.url ? readSavedLogin(context) : installed;
}

/**
 * The session for what only a user may do: a sign-in that was saved goes before the key of an installation. Raises CLI_SIGN_IN_NEEDED.
 */
export function findAccountSession(context: CliContext, workspace?: string): Session {
  const found = fromEnvironment(context) ?? readSavedLogin(context) ?? findTokenFile(context);
  if (!found) throw signInNeeded();
  return workspace ? { ...found, workspace } : found;
}

function signInNeeded(): SmartantError {
  return new SmartantError('CLI_SIGN_IN_NEEDED', 'You are not signed in.', {
    kind: 'unauthenticated',
    hint: 'Run "smartant login URL", or run inside a clone where "npm start" runs, or set SMARTANT_URL and SMARTANT_API_KEY.',
  });
}

function fromEnvironment({ env }: CliContext): Session | undefined {
  const url = env['SMARTANT_URL'];
  const apiKey = env['SMARTANT_API_KEY'];
  if (!url || !apiKey) return undefined;
  return { url: normalizeUrl(url), credential: { apiKey }, workspace: env['SMARTANT_WORKSPACE'] || 'default', origin: 'SMARTANT_URL' };
}

/** A server address without credentials, path or trailing slash. Raises CLI_URL_INVALID. */
export function normalizeUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new SmartantError('CLI_URL_INVALID', 'The address of the server cannot be used.', {
      kind: 'invalid',
      hint: 'Write it as http://127.0.0.1:7400, without a user name or password in it.',
    });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
