import type { SiteFiles } from '@smartant/platform/static-site';
import { startPageServer, type PageServer } from './page-server';

const files: SiteFiles = new Map([['index.html', { contentType: 'text/html', identity: Buffer.from('<!doctype html>pages') }]]);

let server: PageServer;
beforeAll(async () => {
  server = await startPageServer(files, '127.0.0.1', 0);
});
afterAll(() => server.close());

const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);

it('serves the pages, with the headers that keep them to themselves', async () => {
  const answer = await get('/console/migrations');
  expect(await answer.text()).toContain('pages');
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(answer.headers.get('x-frame-options')).toBe('DENY');
});

it.each(['/', '/v1/version', '/docs'])('has nothing at %s', async (path) => {
  expect((await get(path)).status).toBe(404);
});

it('says that its port is taken', async () => {
  await expect(startPageServer(files, '127.0.0.1', server.port)).rejects.toMatchObject({ code: 'PORT_IN_USE' });
});
