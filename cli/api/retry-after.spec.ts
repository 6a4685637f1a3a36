import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { withPauses } from './retry-after';

type Planned = { status: number; code?: string; retryAfter?: string };

let server: Server;
let received: string[];
let planned: Planned[];

beforeEach(async () => {
  received = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      received.push(`${request.method} ${body}`);
      const { status, code, retryAfter } = planned.shift() ?? { status: 200 };
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
      });
      response.end(JSON.stringify({ code, detail: 'd' }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const send = (method: string, headers: Record<string, string> = {}, signal = new AbortController().signal) => {
  const { port } = server.address() as AddressInfo;
  const body = method === 'GET' ? undefined : '{"a":1}';
  const request = new Request(`http://127.0.0.1:${port}/x`, { method, headers, body });
  return withPauses(request, signal, (next) => fetch(next, { signal }));
};

it('sends a read again after the pause that the server asks for', async () => {
  planned = [
    { status: 503, retryAfter: '0' },
    { status: 429, retryAfter: '0' },
  ];
  expect((await send('GET')).status).toBe(200);
  expect(received).toHaveLength(3);
});

it('sends a change again, with its body, when nothing was done or its key makes it safe', async () => {
  planned = [{ status: 503, code: 'ADMISSION_OVERLOADED', retryAfter: '0' }];
  expect((await send('POST')).status).toBe(200);
  planned = [{ status: 503, retryAfter: '0' }];
  expect((await send('POST', { 'idempotency-key': 'k' })).status).toBe(200);
  expect(received).toEqual(Array.from({ length: 4 }, () => 'POST {"a":1}'));
});

it.each<[string, Planned]>([
  ['another refusal of a change', { status: 429, code: 'SIGN_IN_LOCKED', retryAfter: '1' }],
  ['a refusal without a time', { status: 503, code: 'ADMISSION_OVERLOADED' }],
  ['a time that is long', { status: 503, code: 'ADMISSION_OVERLOADED', retryAfter: '900' }],
  ['another status', { status: 500, retryAfter: '0' }],
])('does not send again after %s', async (_name, answer) => {
  planned = [answer];
  expect((await send('POST')).status).toBe(answer.status);
  expect(received).toHaveLength(1);
});

it('gives up in the end, with the last refusal', async () => {
  planned = Array.from({ length: 20 }, () => ({ status: 503, code: 'ADMISSION_OVERLOADED', retryAfter: '0' }));
  const response = await send('GET');
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: 'ADMISSION_OVERLOADED' });
  expect(received).toHaveLength(7);
});

it('ends its pause with the signal', async () => {
  planned = [{ status: 503, retryAfter: '30' }];
  const controller = new AbortController();
  const sent = send('GET', {}, controller.signal);
  await once(server, 'request');
  controller.abort();
  await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
});
