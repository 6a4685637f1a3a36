import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getCACertificates } from 'node:tls';
import { dialerFor, guardedConnect, type Dialer } from '@smartant/platform/egress';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type SMTPPool from 'nodemailer/lib/smtp-pool';
import { ChannelHttp } from '../http/channel-http';
import type { ChannelDependencies } from '../settings/channel-definition';
import type { EmailSecrets, EmailSettings } from './email-settings';
import { accessTokens, type AccessTokens } from './access-tokens';

/** What nodemailer tells of a mail that was taken for one recipient at least. */
export interface MailResult {
  rejected: string[];
  rejectedErrors?: unknown[];
}

/**
 * Mail over connections that are judged when they are made, and are kept for the next mail. nodemailer would ask DNS, proxies and token
 * servers by itself: all three are taken out of its hands.
 */
export class MailTransport {
  private pool: ReturnType<typeof this.newPool> | undefined;
  private readonly sockets = new Set<Duplex>();
  private readonly dialer: Dialer;
  private readonly http: ChannelHttp;
  private readonly tokens: AccessTokens | undefined;
  private busy = 0;

  constructor(
    private readonly dependencies: ChannelDependencies,
    private readonly settings: EmailSettings,
    private readonly secrets: EmailSecrets,
  ) {
    this.dialer = dialerFor({ guard: dependencies.guard, ways: [], secret: async () => ({}) });
    this.http = new ChannelHttp(dependencies.guard, settings.caPem);
    this.tokens = settings.auth === 'oauth2' ? accessTokens(this.http, dependencies, settings, secrets) : undefined;
  }

  /** Raises nodemailer's errors. When the signal fires, nothing more is sent: the connections are cut, unless they carry another mail. */
  async send(mail: SendMailOptions, signal: AbortSignal): Promise<MailResult> {
    const onAbort = () => this.busy === 1 && this.cut();
    signal.addEventListener('abort', onAbort, { once: true });
    this.busy += 1;
    try {
      return await this.attempt(mail).catch((error: unknown) => {
        // Nothing was sent yet: an access token that was kept may have been revoked.
        const tokenRefused = (error as { responseCode?: unknown }).responseCode === 535 && this.tokens?.refused() === true;
        if (tokenRefused && !signal.aborted) return this.attempt(mail);
        throw error;
      });
    } finally {
      this.busy -= 1;
      signal.removeEventListener('abort', onAbort);
    }
  }

  private async attempt(mail: SendMailOptions): Promise<MailResult> {
    const pool = (this.pool ??= this.newPool());
    try {
      const { rejected, rejectedErrors } = (await pool.sendMail(mail)) as { rejected?: unknown[]; rejectedErrors?: unknown[] };
      return { rejected: (rejected ?? []).map(String), rejectedErrors };
    } catch (error) {
      throw this.tokens?.failure() ?? error;
    }
  }

  close(): void {
    this.cut();
    void this.http.close();
  }

  private cut(): void {
    this.pool?.close();
    this.pool = undefined;
    for (const socket of this.sockets) socket.destroy();
  }

  private newPool() {
    const { host, port, security } = this.settings;
    const { timeoutMs } = this.dependencies;
    const options: SMTPPool.Options & { maxRequeues: number } = {
      pool: true,
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      auth: this.auth(),
      maxConnections: 2,
      // Attempts are counted by whoever asked.
      maxRequeues: 0,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
      tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...this.authorities() },
      getSocket: (_options, callback) => {
        this.connect().then(
          // A direct connection is a socket.
          (connection) => callback(null, { connection: connection as Socket, secured: security === 'tls' }),
          (error: Error) => callback(error, undefined),
        );
      },
    };
    const pool = createTransport(options);
    // What concerns a mail is told to its sender; without a listener the process would end of an idle connection's end.
    pool.on('error', () => undefined);
    if (this.tokens !== undefined) pool.set('oauth2_provision_cb', this.tokens.provide);
    return pool;
  }

  private authorities(): { ca?: string[] } {
    const { caPem } = this.settings;
    return caPem === '' ? {} : { ca: [...getCACertificates('default'), caPem] };
  }

  private auth(): SMTPPool.Options['auth'] {
    const { auth, user } = this.settings;
    if (auth === 'none') return undefined;
    if (auth === 'oauth2') return { type: 'OAuth2', user };
    return { user, pass: this.secrets.password ?? '' };
  }

  private async connect(): Promise<Duplex> {
    const { host, port, security, caPem } = this.settings;
    const tls = security === 'tls' ? { caPem: caPem === '' ? undefined : caPem, protocols: [] } : undefined;
    const stream = await guardedConnect({ dialer: this.dialer, host, port, tls, timeoutMs: this.dependencies.timeoutMs });
    this.sockets.add(stream);
    stream.once('close', () => this.sockets.delete(stream));
    return stream;
  }
}
