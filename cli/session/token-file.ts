import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { CliContext } from '../context';
import { readPrivateJson } from './private-file';
import type { Session } from './session';

const tokenFileSchema = z.object({
  url: z.string(),
  apiKey: z.string(),
  workspace: z.string().default('default'),
  reportPublicKeyPem: z.string().optional(),
});

/** The session that `npm start` leaves in its data folder: under SMARTANT_HOME, else in `data/` here or further up. */
export function findTokenFile({ env, cwd }: CliContext): Session | undefined {
  const home = env['SMARTANT_HOME'];
  const candidates = home ? [join(home, 'cli-token.json'), join(home, 'data', 'cli-token.json')] : parents(cwd);
  for (const path of candidates) {
    const parsed = tokenFileSchema.safeParse(readPrivateJson(path));
    if (!parsed.success) continue;
    const { url, apiKey, workspace, reportPublicKeyPem } = parsed.data;
    return { url, credential: { apiKey }, workspace, origin: path, pinnedReportKeyPem: reportPublicKeyPem };
  }
  return undefined;
}

function parents(folder: string): string[] {
  const above = dirname(folder);
  const here = join(folder, 'data', 'cli-token.json');
  return above === folder ? [here] : [here, ...parents(above)];
}
