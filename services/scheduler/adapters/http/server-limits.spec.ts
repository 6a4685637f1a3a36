import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { DEFAULT_SERVER_LIMITS, limitServer, type ServerLimits } from './server-limits';

let server: Server;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** A server that answers what it has read to the end. */
async function serve(limits: Partial<ServerLimits>): Promise<void> {
  server = createServer((request, response) => void request.resume().on('end', () => response.end('done')));
  limitServer(server, { ...DEFAULT_SERVER_LIMITS, ...limits });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

/** Resolves with all that came when the server has closed the connection. */
async function send(text: string): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  let received = '';
  socket.on('data', (chunk) => (received += chunk));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return received;
}

it('ends a connection whose headers do not come to an end', async () => {
  await serve({ headersMs: 50, requestMs: 60_000 });
  expect(await send('GET / HTTP/1.1\r\nHost: x\r\n')).toContain('408');
});

it('ends a connection whose body does not come to an end', async () => {
  await serve({ headersMs: 50, requestMs: 100 });
  expect(await send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc')).toContain('408');
});

it('ends a connection that idles between requests', async () => {
  await serve({ keepAliveMs: 50 });
  expect(await send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toContain('done');
});

it('ends a connection on which nothing moves', async () => {
  await serve({ silentMs: 50 });
  expect(await send('')).toBe('');
});

it('closes connections beyond the limit at once, and serves the others', async () => {
  await serve({ connections: 1 });
  const first = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(first);
  await once(first, 'connect');
  expect(await send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
  first.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const [chunk] = (await once(first, 'data')) as [Buffer];
  expect(chunk.toString()).toContain('200 OK');
});
