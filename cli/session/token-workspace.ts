/** Id and name of the workspace that an access token says it is for; empty for a token that this command can't read. */
export function workspacesOfToken(accessToken: string): string[] {
  try {
    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
    return [claims['ws'], claims['wsn']].filter((claim) => typeof claim === 'string');
  } catch {
    return [];
  }
}
