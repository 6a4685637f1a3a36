import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadSiteFiles } from './site-files';
import { StaticSite } from './static-site';

const SCRIPT = 'console.log("built")';
const INDEX = '<!doctype html><style nonce="__CSP_NONCE__"></style><script nonce="__CSP_NONCE__" src="/console/assets/app-1.js"></script>';

let folder: string;
let server: Server;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'static-site-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), INDEX);
  await writeFile(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(folder, 'assets', 'app-1.js'), SCRIPT);
  await writeFile(join(folder, 'assets', 'app-1.js.gz'), gzipSync(SCRIPT));
  await writeFile(join(folder, 'assets', 'app-1.js.map'), '{}');
  const site = new StaticSite({ files: await loadSiteFiles(folder), base: '/console/' });
  server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    if (site.covers(path)) site.answer(request.method ?? '', path, request, response);
    else response.writeHead(418).end();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const get = (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, { redirect: 'manual', ...init });

it.each(['/console/', '/console/index.html', '/console/migrations/mig_1?tab=events', '/console/a.b/c'])(
  'answers %s with the index, and caches it nowhere',
  async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.text()).toContain('src="/console/assets/app-1.js"');
  },
);

it('lets in only what carries the nonce of this very answer', async () => {
  const [one, other] = [await get('/console/'), await get('/console/')];
  const nonce = /<style nonce="([^"]+)">/.exec(await one.text())?.[1] ?? '';
  expect(Buffer.from(nonce, 'base64')).toHaveLength(16);
  const policy = one.headers.get('content-security-policy') ?? '';
  expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
  expect(policy).toMatch(/default-src 'self'; script-src 'self';/);
  expect(policy).not.toMatch(/unsafe/);
  expect(other.headers.get('content-security-policy')).not.toContain(nonce);
});

it('serves hashed assets for ever, compressed for those who take it', async () => {
  const answer = await get('/console/assets/app-1.js', { headers: { 'accept-encoding': 'gzip' } });
  expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(answer.headers.get('content-encoding')).toBe('gzip');
  expect(answer.headers.get('vary')).toBe('Accept-Encoding');
  expect(await answer.text()).toBe(SCRIPT);
  for (const refusal of ['identity', 'gzip;q=0', 'br'])
    expect((await get('/console/assets/app-1.js', { headers: { 'accept-encoding': refusal } })).headers.get('content-encoding')).toBeNull();
});

it.each(['/console/assets/app-0.js', '/console/assets/', '/console/assets/app-1.js.map', '/console/assets/../../secret'])(
  'never takes %s for an address of the application',
  async (path) => {
    const answer = await get(path);
    if (path.includes('..')) expect(answer.status).toBe(418);
    else expect(answer.status).toBe(404);
  },
);

it('asks again for files whose name says nothing of their content', async () => {
  expect((await get('/console/icon.svg')).headers.get('cache-control')).toBe('no-cache');
});

it('leads /console to its folder, and reads only', async () => {
  const redirected = await get('/console');
  expect([redirected.status, redirected.headers.get('location')]).toEqual([308, '/console/']);
  expect((await get('/console/', { method: 'POST' })).status).toBe(405);
  const head = await get('/console/', { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

it('covers nothing beside its base', async () => {
  for (const path of ['/', '/v1/version', '/docs', '/consoles/']) expect((await get(path)).status).toBe(418);
});

it('says what to do about a folder that holds no pages', async () => {
  await expect(loadSiteFiles(join(folder, 'assets'))).rejects.toMatchObject({
    code: 'SITE_FILES_MISSING',
    hint: expect.stringContaining('build'),
  });
});
