// The platform as `npm start -- --no-sample` runs it, on free ports and a data folder of its own.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { portSettings } from '../../tools/start/settings.mjs';
import { end, freePort, waitFor } from './processes.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** `environment`: settings of its services beside those of this shell. */
export async function startEmbedded(dataFolder, environment = {}) {
  const ports = {};
  for (const { variable } of Object.values(portSettings)) ports[variable] = String(await freePort());
  const child = spawn(process.execPath, [join(root, 'tools/start/start.mjs'), '--no-sample'], {
    cwd: root,
    env: { ...process.env, ...ports, ...environment, SMARTANT_DATA: dataFolder },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await waitFor('the platform', () => output.includes('SmartAnt is ready'), 180_000);
  const { url, apiKey } = JSON.parse(readFileSync(join(dataFolder, 'cli-token.json'), 'utf8'));
  let token = '';
  const api = async (method, path, body) => {
    if (!token) token = await signIn(url, apiKey);
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (response.status === 401) {
      token = await signIn(url, apiKey);
      return api(method, path, body);
    }
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
  /** One delivery, whatever comes back, with the token that `token` gave last. */
  const call = async (method, path, body) => {
    token ||= await signIn(url, apiKey);
    return fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  };
  const freshToken = async () => (token = await signIn(url, apiKey));
  return { dataFolder, ports, url, api, call, token: freshToken, stop: () => end(child) };
}

async function signIn(url, apiKey) {
  const response = await fetch(`${url}/v1/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiKey }),
  });
  return (await response.json()).accessToken;
}
