import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { INestApplication } from '@nestjs/common';
import { listenError } from '@smartant/platform/health';
import type { Logger } from '@smartant/platform/logging';
import { WatchedIdentity, type IdentityFiles } from '@smartant/platform/tls';
import { SmartantError } from '@smartant/kernel';
import { DEFAULT_SERVER_LIMITS, limitServer, type ServerLimits } from './server-limits';

export interface TlsEdgeOptions {
  host: string;
  port: number;
  files: IdentityFiles;
  logger: Logger;
  limits?: Partial<ServerLimits>;
  /** How often the files are looked at, in milliseconds. For tests. */
  everyMs?: number;
}

export interface TlsEdge {
  readonly port: number;
  /** Looks at the certificate files now. */
  look(): void;
  close(): Promise<void>;
}

/**
 * TLS 1.3, and of 1.2 what has forward secrecy and authenticates what it encrypts (RFC 9325 section 4.2). Node's default also has CBC
 * suites and such without forward secrecy.
 */
const ACCEPTED = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
  honorCipherOrder: true,
} as const;

/**
 * The API over TLS, beside its plain listener, which then can stay on the loopback. A renewed certificate is taken up
 * without a restart: connections that are open go on with theirs. Raises TLS_FILE_UNREADABLE, PORT_IN_USE, LISTEN_FAILED.
 */
export async function startTlsEdge(app: INestApplication, options: TlsEdgeOptions): Promise<TlsEdge> {
  const { host, port, logger } = options;
  const watched = openFiles(options, (identity) => {
    server.setSecureContext({ ...identity, ...ACCEPTED });
    logger.info('the certificate of the API was renewed');
  });
  const handler = app.getHttpAdapter().getInstance() as Parameters<typeof createServer>[1];
  const server: Server = createServer({ ...watched.current, ...ACCEPTED }, handler);
  limitServer(server, { ...DEFAULT_SERVER_LIMITS, ...options.limits });
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    watched.close();
    throw listenError(error, host, port);
  });
  return {
    port: (server.address() as { port: number }).port,
    look: () => watched.look(),
    close: async () => {
      watched.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const patience = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await closed;
      clearTimeout(patience);
    },
  };
}

/** Open event streams do not end by themselves. */
const DRAIN_MS = 3_000;

function openFiles({ files, logger, everyMs }: TlsEdgeOptions, onChange: (identity: WatchedIdentity['current']) => void): WatchedIdentity {
  const onProblem = (err: Error) => logger.warn({ err }, 'the renewed certificate of the API cannot be used; the earlier one stays');
  try {
    return WatchedIdentity.open(files, { onChange, onProblem, everyMs });
  } catch (error) {
    throw new SmartantError('TLS_FILE_UNREADABLE', `The certificate of the API cannot be used: ${(error as Error).message}`, {
      kind: 'invalid',
      actor: 'operator',
      hint: 'Check SMARTANT_HTTP_TLS_CERT_FILE and SMARTANT_HTTP_TLS_KEY_FILE, who may read them, and that they belong together.',
      cause: error,
    });
  }
}
