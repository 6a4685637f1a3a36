import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SmartantError, toSmartantError } from '@smartant/kernel';
import { listenError } from '@smartant/platform/health';
import { withExtractedTraceContext, currentOrigin, inSpan } from '@smartant/platform/telemetry';
import { counter } from '@smartant/platform/metrics';
import type { Logger } from '@smartant/platform/logging';
import type { AlertIntake } from '../../application/ports/alert-intake';
import { BODIES } from './alert-bodies';

export interface IntakeServerOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  token: string;
  intake: AlertIntake;
  logger: Logger;
  /** Of a body, in bytes. */
  longest?: number;
}

export interface IntakeServer {
  readonly port: number;
  close(): Promise<void>;
}

const LONGEST_BODY = 10 * 1024 * 1024;
/** Bodies that are in memory at once; more wait at their senders, which come again. */
const AT_ONCE = 16;
const WORKSPACE = /^[A-Za-z0-9_-]{0,100}$/;
const STATUS: Partial<Record<SmartantError['kind'], number>> = {
  invalid: 400,
  unauthenticated: 401,
  'not-found': 404,
  'too-many': 429,
  unavailable: 503,
  timeout: 504,
};
const requests = counter('smartant_notifier_intake_requests_total', 'Requests of other systems that bring alerts, by path and status.', [
  'source',
  'status',
]);

/**
 * `POST /intake/alertmanager` and `/intake/kubesphere`, with `?workspace=ID` for alerts of a workspace, for holders of the token. Answers 202
 * when they are stored, else a problem (RFC 9457). Raises PORT_IN_USE or LISTEN_FAILED.
 */
export async function startIntakeServer(options: IntakeServerOptions): Promise<IntakeServer> {
  const { host, port, logger } = options;
  const intake = new Intake(options);
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    void intake.answer(request, response).catch((error: unknown) => {
      logger.error({ err: error }, 'the intake failed');
      response.destroy();
    });
  });
  server.maxConnections = 256;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const listening = (server.address() as AddressInfo).port;
  logger.info({ host, port: listening }, 'the intake of alerts listens');
  return {
    port: listening,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 5_000).unref();
      }),
  };
}

class Intake {
  private readonly token: Buffer;
  private active = 0;

  constructor(private readonly options: IntakeServerOptions) {
    this.token = digest(options.token);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://intake');
    const source = /^\/intake\/(alertmanager|kubesphere)$/.exec(url.pathname)?.[1] as keyof typeof BODIES | undefined;
    let status = 202;
    try {
      if (!this.isKnown(request)) throw tokenWrong();
      if (source === undefined || request.method !== 'POST') throw routeUnknown(request.method ?? '', url.pathname);
      await this.take(source, request, url.searchParams.get('workspace') ?? '');
      response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"accepted"}');
    } catch (error) {
      status = this.refuse(request, response, toSmartantError(error));
    } finally {
      requests.inc({ source: source ?? 'other', status: String(status) });
    }
  }

  private async take(source: keyof typeof BODIES, request: IncomingMessage, workspaceId: string): Promise<void> {
    if (!WORKSPACE.test(workspaceId)) throw bodyInvalid('workspace', 'is no id of a workspace');
    if (this.active >= AT_ONCE) throw busy();
    this.active += 1;
    try {
      const json = parsed(await readBody(request, this.options.longest ?? LONGEST_BODY));
      const headers = Object.fromEntries(
        Object.entries(request.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
      );
      await withExtractedTraceContext(headers, () =>
        inSpan(`intake ${source}`, {}, () => {
          const reports = BODIES[source](json, workspaceId, new Date()).map((report) => ({ ...report, ...currentOrigin() }));
          return this.options.intake.report(reports);
        }),
      );
    } finally {
      this.active -= 1;
    }
  }

  private refuse(request: IncomingMessage, response: ServerResponse, error: SmartantError): number {
    const status = error.code === 'INTAKE_BODY_TOO_LARGE' ? 413 : (STATUS[error.kind] ?? 500);
    const { logger } = this.options;
    if (status >= 500) logger.error({ err: error, code: error.code }, 'alerts could not be taken in');
    else logger.warn({ code: error.code, status }, 'alerts were refused');
    const problem = {
      type: `https://smartant.io/errors/${error.code}`,
      title: status === 500 ? 'An unexpected error happened.' : error.message,
      status,
      code: error.code,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.fields.length === 0 ? {} : { errors: error.fields }),
    };
    // What is left of the body is not waited for.
    const headers = { 'content-type': 'application/problem+json', ...(request.complete ? {} : { connection: 'close' }) };
    response.writeHead(status, status === 401 ? { ...headers, 'www-authenticate': 'Bearer' } : headers).end(JSON.stringify(problem));
    if (!request.complete) request.resume();
    return status;
  }

  /** Digests are compared, so that neither length nor content of the token shows in time. */
  private isKnown(request: IncomingMessage): boolean {
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    return timingSafeEqual(digest(given), this.token);
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest();

async function readBody(request: IncomingMessage, longest: number): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > longest) throw bodyTooLarge(longest);
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > longest) throw bodyTooLarge(longest);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bodyInvalid('body', 'is no JSON');
  }
}

function tokenWrong(): SmartantError {
  return new SmartantError('INTAKE_TOKEN_INVALID', 'The token is missing, or not the one of this intake.', {
    kind: 'unauthenticated',
    hint: 'Send "Authorization: Bearer …" with the value of SMARTANT_INTAKE_TOKEN.',
  });
}

function routeUnknown(method: string, path: string): SmartantError {
  return new SmartantError('INTAKE_ROUTE_NOT_FOUND', `There is nothing at ${method} ${path.slice(0, 100)}.`, {
    kind: 'not-found',
    hint: 'Post to /intake/alertmanager or /intake/kubesphere.',
  });
}

function bodyInvalid(field: string, message: string): SmartantError {
  return new SmartantError('INTAKE_BODY_INVALID', `The ${field} ${message}.`, {
    kind: 'invalid',
    hint: 'Send what Alertmanager or KubeSphere sends, unchanged.',
    fields: [{ field, message }],
  });
}

function bodyTooLarge(longest: number): SmartantError {
  return new SmartantError('INTAKE_BODY_TOO_LARGE', `The body is longer than ${longest} bytes.`, {
    kind: 'invalid',
    hint: 'Send fewer alerts at once (max_alerts of Alertmanager).',
  });
}

function busy(): SmartantError {
  return new SmartantError('INTAKE_BUSY', 'Too many requests are being taken in.', {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: 'Nothing to do: senders come again.',
  });
}
