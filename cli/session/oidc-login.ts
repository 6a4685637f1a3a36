import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Schema } from '@smartant/contracts/openapi';
import { SmartantError } from '@smartant/kernel';
import type { AccountApi } from '../api/account-api';
import type { CliContext } from '../context';

/** What the provider's sign-in came to: a ticket, or the code of a refusal. */
type Outcome = { ticket: string } | { error: string };

const TICKET = /^[A-Za-z0-9_-]{43}$/;
const CODE = /^[A-Z][A-Z0-9_]{2,60}$/;
/** As long as the server waits for it. */
const PATIENCE_MS = 600_000;

/**
 * Signs in with a provider (RFC 8252): listens on 127.0.0.1, lets the user's browser go to the provider, and exchanges the ticket that the
 * browser brings back. Raises CLI_OIDC_REFUSED and CLI_OIDC_TIMEOUT.
 */
export async function signInWithProvider(context: CliContext, account: AccountApi, provider: string): Promise<Schema<'Token'>> {
  const { terminal, messages } = context;
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const listener = await listen(messages.oidcPage);
  try {
    const url = await account.startOidc(provider, { challenge, port: listener.port });
    terminal.note(messages.openInBrowser(url));
    const outcome = await within(listener.outcome, context.signal);
    if ('error' in outcome) throw refused(outcome.error);
    return await account.finishOidc(outcome.ticket, verifier);
  } finally {
    listener.server.closeAllConnections();
    listener.server.close();
  }
}

async function listen(page: string): Promise<{ server: Server; port: number; outcome: Promise<Outcome> }> {
  const server = createServer();
  const outcome = new Promise<Outcome>((resolve) => server.on('request', (request, response) => answer(request, response, page, resolve)));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port, outcome };
}

/** Anything on this machine may connect: what is not a ticket is answered and forgotten, and a forged one is refused by the server. */
function answer(request: IncomingMessage, response: ServerResponse, page: string, resolve: (outcome: Outcome) => void): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const ticket = searchParams.get('ticket') ?? '';
  const error = searchParams.get('error') ?? '';
  const found = pathname === '/' && request.method === 'GET' && (TICKET.test(ticket) || CODE.test(error));
  response.writeHead(found ? 200 : 404, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  response.end(found ? page : '');
  if (found) response.once('close', () => resolve(TICKET.test(ticket) ? { ticket } : { error }));
}

function within(outcome: Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timedOut()), PATIENCE_MS);
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    void outcome.then(resolve).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  });
}

function refused(code: string): SmartantError {
  return new SmartantError('CLI_OIDC_REFUSED', `The sign-in was refused: ${code}.`, {
    kind: 'unauthenticated',
    hint: 'See docs/errors/scheduler-api.md for this code, and ask an administrator.',
  });
}

function timedOut(): SmartantError {
  return new SmartantError('CLI_OIDC_TIMEOUT', 'The browser did not come back within ten minutes.', {
    kind: 'unauthenticated',
    hint: 'Run the command again. The browser has to be on this machine.',
  });
}
