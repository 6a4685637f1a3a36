import { mkdtempSync, writeFileSync } from 'node:fs';
import { request as ask } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { createLogger } from '@smartant/platform/logging';
import { testAuthority, type TestAuthority, type TestCertificate } from '@smartant/test-servers';
import { startApi, type RunningApi } from './fixtures/running-api';
import { startTlsEdge, type TlsEdge } from './tls-edge';

let api: RunningApi;
let edge: TlsEdge;
let authority: TestAuthority;
const logLines: string[] = [];
const folder = mkdtempSync(join(tmpdir(), 'smartant-edge-'));
const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
const logger = createLogger({ service: 'edge-spec', level: 'info', output: { write: (line: string) => void logLines.push(line) } });

beforeAll(async () => {
  authority = await testAuthority();
  api = await startApi();
  await replace();
  edge = await startTlsEdge(api.app, { host: '127.0.0.1', port: 0, files, logger, everyMs: 60_000 });
});
afterAll(async () => {
  await edge.close();
  await api.close();
});

async function replace(): Promise<TestCertificate> {
  const made = await authority.issue(['localhost']);
  writeFileSync(files.certFile, made.cert);
  writeFileSync(files.keyFile, made.key);
  return made;
}

async function dial(options: object = {}): Promise<TLSSocket> {
  const socket = connect({ port: edge.port, host: '127.0.0.1', servername: 'localhost', ca: authority.caPem, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

const shown = (socket: TLSSocket) => socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();

it('serves the API, and tells browsers to keep to TLS', async () => {
  const asked = ask({ port: edge.port, host: '127.0.0.1', servername: 'localhost', ca: authority.caPem, path: '/v1/auth/me' });
  asked.end();
  const [answer] = await once(asked, 'response');
  expect([answer.statusCode, answer.headers['strict-transport-security']]).toEqual([401, 'max-age=31536000; includeSubDomains']);
  answer.resume();
});

it('takes up a renewed certificate, and lets open connections be', async () => {
  const early = await dial();
  const renewed = await replace();
  edge.look();
  const late = await dial();
  expect(shown(late)).toBe(renewed.fingerprint);
  expect(shown(early)).not.toBe(renewed.fingerprint);
  early.write('GET /v1/auth/me HTTP/1.1\r\nHost: x\r\n\r\n');
  const [chunk] = await once(early, 'data');
  expect(String(chunk)).toContain('401');
  for (const socket of [early, late]) socket.destroy();
});

it('goes on with the earlier certificate when the new one cannot be used, and says so once', async () => {
  const before = shown(await dial());
  writeFileSync(files.certFile, (await authority.issue(['localhost'])).cert);
  for (let look = 0; look < 4; look += 1) edge.look();
  expect(shown(await dial())).toBe(before);
  expect(logLines.filter((line) => line.includes('cannot be used'))).toHaveLength(1);
  await replace();
  edge.look();
  expect(shown(await dial())).not.toBe(before);
});

it('speaks TLS 1.2 and later only', async () => {
  const socket = connect({
    port: edge.port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: authority.caPem,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
  });
  await expect(once(socket, 'secureConnect')).rejects.toThrow();
});

it.each(['AES128-GCM-SHA256', 'AES256-SHA', 'ECDHE-RSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA'])('does not speak %s', async (ciphers) => {
  await expect(dial({ ciphers, maxVersion: 'TLSv1.2' })).rejects.toThrow();
});

it('speaks TLS 1.2 with forward secrecy', async () => {
  const socket = await dial({ maxVersion: 'TLSv1.2' });
  expect(socket.getCipher().name).toMatch(/^ECDHE-.*(GCM|CHACHA20)/);
  socket.destroy();
});

it('says what is wrong with its files', async () => {
  const wrong = startTlsEdge(api.app, { host: '127.0.0.1', port: 0, files: { ...files, keyFile: join(folder, 'absent') }, logger });
  await expect(wrong).rejects.toMatchObject({ code: 'TLS_FILE_UNREADABLE', hint: expect.stringContaining('SMARTANT_HTTP_TLS_KEY_FILE') });
});
