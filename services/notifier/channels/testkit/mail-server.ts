import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { TestCertificate } from '@smartant/test-servers';

export interface SeenMail {
  from: string;
  to: string[];
  /** Whether the connection was under TLS. */
  secure: boolean;
  user: string;
  method: string;
  headers: Map<string, string>;
  raw: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: SeenMail[];
  connections(): number;
  close(): Promise<void>;
}

export interface MailServerOptions extends SMTPServerOptions {
  certificate: TestCertificate;
}

/** An SMTP server that keeps what it was handed. What a test needs refused, it refuses by smtp-server's own options. */
export async function startMailServer({ certificate, ...options }: MailServerOptions): Promise<MailServer> {
  const mails: SeenMail[] = [];
  let connections = 0;
  const server = new SMTPServer({
    cert: certificate.cert,
    key: certificate.key,
    authOptional: true,
    authMethods: ['PLAIN', 'LOGIN', 'XOAUTH2'],
    closeTimeout: 1,
    logger: false,
    onConnect: (_session, done) => {
      connections += 1;
      done();
    },
    onData: (stream, session, done) => {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const raw = Buffer.concat(pieces).toString('latin1');
        const { mailFrom, rcptTo } = session.envelope;
        const [user = '', method = ''] = (typeof session.user === 'string' ? session.user : '').split(' ');
        const to = rcptTo.map(({ address }) => address);
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to,
          secure: session.secure,
          user,
          method,
          headers: headersOf(raw),
          raw,
        });
        done(null, 'queued as 4F1');
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    connections: () => connections,
    close: () => new Promise((done) => server.close(done)),
  };
}

function headersOf(raw: string): Map<string, string> {
  const lines = raw
    .slice(0, raw.indexOf('\r\n\r\n'))
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
}
