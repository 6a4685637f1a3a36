import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SmartantError } from '@smartant/kernel';
import { parse } from 'yaml';
import type { Gateway } from '../application/ports';
import { TOKEN_CONSUMER, type GatewayCredentials } from '../domain/gateway-credentials';
import { withCredentials, type KongFile } from '../domain/kong-file';
import { refused, unreachable } from './gateway-errors';

export interface KongAdminOptions {
  /** Of Kong's administration, on loopback. */
  url: string;
  /** The declarative file without keys. */
  file: string;
}

/**
 * Kong without a database (DB-less): the whole configuration is handed over at once (`POST /config`), and lost when Kong restarts. So what it has is
 * asked for first.
 */
export class KongAdmin implements Gateway {
  private handedOver = '';

  constructor(private readonly options: KongAdminOptions) {}

  async put(credentials: GatewayCredentials, signal: AbortSignal): Promise<'changed' | 'unchanged'> {
    const wanted = JSON.stringify(withCredentials(await this.readFile(), credentials));
    const digest = createHash('sha256').update(wanted).digest('hex');
    if (digest === this.handedOver && (await this.has(credentials, signal))) return 'unchanged';
    const answer = await this.ask('/config?check_hash=1', signal, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ config: wanted }),
    });
    // Its answer to a wrong file repeats the file, keys included: only the status is told.
    if (!answer.ok && answer.status !== 304) throw refused('Kong', answer.status, 'it did not take the configuration');
    this.handedOver = digest;
    return 'changed';
  }

  /** Whether Kong still knows the keys of tokens that it was given. */
  private async has({ tokenKeys }: GatewayCredentials, signal: AbortSignal): Promise<boolean> {
    const answer = await this.ask(`/consumers/${TOKEN_CONSUMER}/jwt`, signal);
    if (!answer.ok) return false;
    const { data = [] } = (await answer.json()) as { data?: { key: string }[] };
    const known = new Set(data.map(({ key }) => key));
    return tokenKeys.every(({ kid }) => known.has(kid));
  }

  private async ask(path: string, signal: AbortSignal, init: RequestInit = {}): Promise<Response> {
    try {
      return await fetch(new URL(path, this.options.url), { ...init, signal, redirect: 'error' });
    } catch (error) {
      throw unreachable('Kong’s administration', error);
    }
  }

  private async readFile(): Promise<KongFile> {
    const { file } = this.options;
    try {
      return parse(await readFile(file, 'utf8')) as KongFile;
    } catch (error) {
      throw new SmartantError('GATEWAY_CONFIG_UNREADABLE', `Kong’s declarative file ${file} could not be read.`, {
        kind: 'internal',
        retry: { kind: 'backoff' },
        actor: 'operator',
        hint: 'Check that the ConfigMap is mounted there: SMARTANT_KONG_CONFIG_FILE.',
        cause: error,
      });
    }
  }
}
