import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { SmartantError } from '@smartant/kernel';
import type { Way, WaySecret } from '@smartant/connectors';
import type { Dialer, DialTarget } from './dialer';
import { authorityOf } from './far-side';
import { overTls, type TlsRequest } from './over-tls';
import { wayRefused, waySignInFailed, wayTargetUnreachable, wayUnreachable } from './way-errors';

type ProxyWay = Extract<Way, { kind: 'proxy' }>;

export interface ProxyDialerOptions {
  way: ProxyWay;
  /** How the proxy itself is reached. */
  through: Dialer;
  secret: () => Promise<WaySecret>;
  /** For a proxy that is spoken to over TLS. */
  tls: Omit<TlsRequest, 'host'>;
}

/** HTTP CONNECT (RFC 9110 section 9.3.6). Credentials are sent to the proxy only, in Basic form: in the clear unless it has TLS. */
export class ProxyDialer implements Dialer {
  constructor(private readonly options: ProxyDialerOptions) {}

  async dial(target: DialTarget, signal: AbortSignal): Promise<Duplex> {
    const { way, through } = this.options;
    const authority = authorityOf(target);
    const authorization = await this.authorization();
    let stream: Duplex | undefined;
    try {
      stream = await through.dial(way, signal);
      if (way.tls) stream = await overTls(stream, { ...this.options.tls, host: way.host }, signal);
      return await this.tunnel(stream, authority, authorization, signal);
    } catch (error) {
      stream?.destroy();
      throw error instanceof SmartantError || signal.aborted ? error : wayUnreachable(way, error);
    }
  }

  private async tunnel(stream: Duplex, authority: string, authorization: Record<string, string>, signal: AbortSignal): Promise<Duplex> {
    const ask = request({
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...authorization },
      createConnection: () => stream,
      signal,
    });
    // A proxy that answers CONNECT like any other request gives a `response`: it did not understand.
    const answered = Promise.race([once(ask, 'connect', { signal }), once(ask, 'response', { signal }).then(([answer]) => [answer])]);
    ask.end();
    const [answer, , head] = (await answered) as [IncomingMessage, Duplex?, Buffer?];
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) throw this.refusal(status);
    if (head && head.length > 0) stream.unshift(head);
    return stream;
  }

  private refusal(status: number): SmartantError {
    const { way } = this.options;
    if (status === 407) return waySignInFailed(way);
    return status >= 500 ? wayTargetUnreachable(way, `status ${status}`) : wayRefused(way, `status ${status}`);
  }

  private async authorization(): Promise<Record<string, string>> {
    const { user } = this.options.way;
    if (user === undefined) return {};
    const { password = '' } = await this.options.secret();
    return { 'proxy-authorization': `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}` };
  }

  close(): void {
    this.options.through.close();
  }
}
