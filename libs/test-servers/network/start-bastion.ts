import { createHash, generateKeyPairSync } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { Server, utils, type AuthContext, type Connection } from 'ssh2';
import { listening, type NetworkServer } from './listening';

export interface Bastion extends NetworkServer {
  /** Of its host key, as ssh-keygen -l writes it. */
  readonly fingerprint: string;
  /** host:port of what was forwarded to. */
  readonly asked: string[];
  /** Methods by which somebody tried to sign in. */
  readonly signIns: string[];
}

export interface BastionOptions {
  password?: string;
  /** In OpenSSH form; whoever has its private half may sign in. */
  publicKey?: string;
  /** Refuses to forward. */
  forbids?: boolean;
}

/** An SSH server that forwards TCP and does nothing else. Its host key is made anew for each. */
export async function startBastion({ password, publicKey, forbids = false }: BastionOptions): Promise<Bastion> {
  const [asked, signIns] = [[] as string[], [] as string[]];
  const hostKey = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const allowed = publicKey === undefined ? undefined : utils.parseKey(publicKey);
  const ssh = new Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      signIns.push(context.method);
      mayEnter(context, password, allowed) ? context.accept() : context.reject();
    });
    client.on('ready', () => forward(client, asked, forbids));
  });
  const server = createServer((socket) => ssh.injectSocket(socket));
  const key = utils.parseKey(hostKey);
  if (key instanceof Error) throw key;
  const digest = createHash('sha256').update(key.getPublicSSH()).digest('base64').replace(/=+$/, '');
  return { ...(await listening(server)), fingerprint: `SHA256:${digest}`, asked, signIns };
}

function mayEnter(context: AuthContext, password: string | undefined, allowed: ReturnType<typeof utils.parseKey> | undefined): boolean {
  if (context.method === 'password') return password !== undefined && context.password === password;
  if (context.method !== 'publickey' || allowed === undefined || allowed instanceof Error) return false;
  if (!context.key.data.equals(allowed.getPublicSSH())) return false;
  if (!context.signature || !context.blob) return true;
  return allowed.verify(context.blob, context.signature, context.hashAlgo) === true;
}

function forward(client: Connection, asked: string[], forbids: boolean): void {
  client.on('tcpip', (accept, reject, { destIP, destPort }) => {
    asked.push(`${destIP}:${destPort}`);
    if (forbids) return reject();
    const target = connect(destPort, destIP, () => {
      const channel = accept();
      channel.pipe(target).pipe(channel);
      channel.on('error', () => target.destroy()).on('close', () => target.destroy());
    });
    target.once('error', () => reject());
  });
}
