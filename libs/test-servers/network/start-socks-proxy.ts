import { connect, createServer, type Socket } from 'node:net';
import { listening, type NetworkServer } from './listening';

export interface SocksProxy extends NetworkServer {
  /** host:port of what was asked for. */
  readonly asked: string[];
}

/** A SOCKS 5 server (RFC 1928, RFC 1929): CONNECT alone. `reply`: answers with this code instead of connecting. */
export async function startSocksProxy(
  options: { credentials?: { user: string; password: string }; reply?: number } = {},
): Promise<SocksProxy> {
  const asked: string[] = [];
  const server = createServer((client) => {
    client.on('error', () => undefined);
    void serve(client, options, asked).catch(() => client.destroy());
  });
  return { ...(await listening(server)), asked };
}

async function serve(
  client: Socket,
  { credentials, reply }: Parameters<typeof startSocksProxy>[0] & object,
  asked: string[],
): Promise<void> {
  const [, methods = 0] = await take(client, 2);
  await take(client, methods);
  client.write(Buffer.from([5, credentials ? 2 : 0]));
  if (credentials && !(await signsIn(client, credentials))) return void client.end();
  const [, , , kind] = await take(client, 4);
  const host = await hostOf(client, kind);
  const port = Buffer.from(await take(client, 2)).readUInt16BE();
  asked.push(`${host}:${port}`);
  const answer = (code: number) => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
  if (reply) return void client.end(answer(reply));
  const target = connect(port, host, () => {
    client.write(answer(0));
    client.pipe(target).pipe(client);
  });
  target.on('error', () => client.end(answer(5)));
  client.on('close', () => target.destroy());
}

async function signsIn(client: Socket, { user, password }: { user: string; password: string }): Promise<boolean> {
  const [, userLength = 0] = await take(client, 2);
  const givenUser = Buffer.from(await take(client, userLength)).toString();
  const [passwordLength = 0] = await take(client, 1);
  const givenPassword = Buffer.from(await take(client, passwordLength)).toString();
  const good = givenUser === user && givenPassword === password;
  client.write(Buffer.from([1, good ? 0 : 1]));
  return good;
}

async function hostOf(client: Socket, kind: number | undefined): Promise<string> {
  if (kind === 1) return [...(await take(client, 4))].join('.');
  if (kind === 4)
    return Buffer.from(await take(client, 16))
      .toString('hex')
      .replace(/(.{4})(?=.)/g, '$1:');
  const [length = 0] = await take(client, 1);
  return Buffer.from(await take(client, length)).toString();
}

/** Exactly so many bytes, as soon as they are there. */
function take(client: Socket, count: number): Promise<Buffer> {
  if (count === 0) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error('closed'));
    const look = () => {
      const bytes = client.read(count) as Buffer | null;
      if (bytes === null) return;
      client.off('readable', look).off('close', onClose);
      resolve(bytes);
    };
    client.on('readable', look).once('close', onClose);
    look();
  });
}
