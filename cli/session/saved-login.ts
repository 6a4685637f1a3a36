import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CliContext } from '../context';
import { KeptSession, keptSessionSchema, type KeptTokens } from './kept-session';
import { readPrivateJson, writePrivateJson } from './private-file';
import type { Session } from './session';

const common = {
  url: z.string(),
  workspace: z.string(),
  reportPublicKeyPem: z.string().optional(),
  /** Of `workspace use`: goes before the session of the installation that one stands in, if it is the same server. */
  chosen: z.boolean().optional(),
};

const savedLoginSchema = z.union([
  z.object({ ...common, session: keptSessionSchema }),
  z.object({
    ...common,
    apiKey: z.string(),
    /** Set when an earlier version's `login` made the key: `logout` revokes it. */
    apiKeyId: z.string().optional(),
  }),
]);
export type SavedLogin = z.infer<typeof savedLoginSchema>;
export type SessionLogin = Extract<SavedLogin, { session: unknown }>;

/** ~/.config/smartant/credentials.json, or below XDG_CONFIG_HOME. */
export function savedLoginPath({ env, homeDir }: CliContext): string {
  return join(env['XDG_CONFIG_HOME'] || join(homeDir, '.config'), 'smartant', 'credentials.json');
}

export function readLoginFile(context: CliContext): SavedLogin | undefined {
  const parsed = savedLoginSchema.safeParse(readPrivateJson(savedLoginPath(context)));
  return parsed.success ? parsed.data : undefined;
}

export function readSavedLogin(context: CliContext): Session | undefined {
  const login = readLoginFile(context);
  return login && sessionOf(context, login);
}

export function sessionOf(context: CliContext, login: SavedLogin): Session {
  const { url, workspace, reportPublicKeyPem } = login;
  const credential = 'session' in login ? new KeptSession(placeIn(context, login.session.id)) : { apiKey: login.apiKey };
  return { url, credential, workspace, origin: savedLoginPath(context), pinnedReportKeyPem: reportPublicKeyPem };
}

export function saveLogin(context: CliContext, login: SavedLogin): void {
  writePrivateJson(savedLoginPath(context), login);
}

/**
 * Saves a session's tokens into its own login, as that is in the file now: other commands renew tokens in it at any time, and what was read
 * before a request is old after it. False, and nothing saved, when the file holds another sign-in meanwhile: that one must not be overwritten.
 */
export function updateLogin(context: CliContext, sessionId: string, change: (login: SessionLogin) => SessionLogin): boolean {
  const login = readLoginFile(context);
  if (!login || !('session' in login) || login.session.id !== sessionId) return false;
  saveLogin(context, change(login));
  return true;
}

export function forgetLogin(context: CliContext): void {
  rmSync(savedLoginPath(context), { force: true });
}

/** Of one session alone. */
function placeIn(context: CliContext, id: string) {
  return {
    read: () => {
      const login = readLoginFile(context);
      return login && 'session' in login && login.session.id === id ? login.session : undefined;
    },
    write: (session: KeptTokens) => void updateLogin(context, id, (login) => ({ ...login, session })),
  };
}
