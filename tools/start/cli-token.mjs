import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiClient, signInFailed } from './api-client.mjs';
import { writeSecret } from './secrets.mjs';

const keyName = 'npm-start';

function readToken(path) {
  try {
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  } catch {
    return undefined;
  }
}

/** An API key of an earlier start is used again while it is accepted, so that starts do not pile keys up. */
async function usableKey(url, apiKey) {
  if (!apiKey) return false;
  try {
    await new ApiClient(url, { apiKey }).signIn();
    return true;
  } catch (error) {
    if (error.status === undefined || error.status >= 500) throw error;
    return false;
  }
}

/** Signs in and leaves data/cli-token.json (mode 0600), through which the CLI signs in by itself. Returns a signed-in client. */
export async function writeCliToken({ dataFolder, url, adminPassword }) {
  const path = join(dataFolder, 'cli-token.json');
  try {
    const earlier = readToken(path);
    const admin = new ApiClient(url, { username: 'admin', password: adminPassword });
    const apiKey = (await usableKey(url, earlier?.apiKey))
      ? earlier.apiKey
      : (await admin.post('/v1/api-keys', { name: `${keyName}-${Date.now()}` })).apiKey;
    const client = new ApiClient(url, { apiKey });
    const { keys } = await client.get('/v1/report-keys');
    const current = keys.find(({ retiredAt }) => retiredAt === null);
    const token = {
      url,
      username: 'admin',
      apiKey,
      workspace: 'default',
      reportKeyId: current.keyId,
      reportPublicKeyPem: current.publicKeyPem,
    };
    if (JSON.stringify(token) !== JSON.stringify(earlier)) writeSecret(path, JSON.stringify(token, null, 2));
    return { client, token };
  } catch (error) {
    throw signInFailed(error);
  }
}
