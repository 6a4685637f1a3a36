import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CliContext } from '../context';
import { readPrivateJson, writePrivateJson } from './private-file';
import type { Session } from './session';

const savedLoginSchema = z.object({
  url: z.string(),
  apiKey: z.string(),
  /** Set when `login` made the key: `logout` revokes it. */
  apiKeyId: z.string().optional(),
  workspace: z.string(),
  reportPublicKeyPem: z.string().optional(),
  /** Of `workspace use`: goes before the session of the installation that one stands in, if it is the same server. */
  chosen: z.boolean().optional(),
});
export type SavedLogin = z.infer<typeof savedLoginSchema>;

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
  if (!login) return undefined;
  const { url, apiKey, workspace, reportPublicKeyPem } = login;
  return { url, credential: { apiKey }, workspace, origin: savedLoginPath(context), pinnedReportKeyPem: reportPublicKeyPem };
}

export function saveLogin(context: CliContext, login: SavedLogin): void {
  writePrivateJson(savedLoginPath(context), login);
}

export function forgetLogin(context: CliContext): void {
  rmSync(savedLoginPath(context), { force: true });
}
