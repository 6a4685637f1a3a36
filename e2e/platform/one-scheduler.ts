import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MigrationView } from './migration';
import type { Replica } from './replica';

const BASE = '/v1/workspaces/default/migrations';

/** The API as one replica of the scheduler serves it, and no other. */
export class OneScheduler {
  private constructor(
    private readonly base: string,
    private readonly headers: Record<string, string>,
  ) {}

  /** Signs in with the key that the installation made. */
  static async signIn({ ports }: Replica, dataFolder: string): Promise<OneScheduler> {
    const base = `http://127.0.0.1:${ports.http}`;
    const { apiKey } = JSON.parse(readFileSync(join(dataFolder, 'cli-token.json'), 'utf8')) as { apiKey: string };
    const anonymous = new OneScheduler(base, { 'content-type': 'application/json' });
    const { accessToken } = await anonymous.api<{ accessToken: string }>('POST', '/v1/auth/token', { apiKey });
    return new OneScheduler(base, { ...anonymous.headers, authorization: `Bearer ${accessToken}` });
  }

  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      headers: this.headers,
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  get(id: string): Promise<MigrationView> {
    return this.api('GET', `${BASE}/${id}`);
  }

  /** Watches a migration until what is told of it is as wanted; resolves with that. `onFirst` is called once the watch has begun to tell. */
  async watch(id: string, wanted: (view: MigrationView) => boolean, onFirst: () => Promise<unknown>): Promise<MigrationView> {
    const signal = AbortSignal.timeout(60_000);
    const response = await fetch(`${this.base}${BASE}/${id}/watch`, { headers: this.headers, signal });
    if (!response.ok || !response.body) throw new Error(`watch: ${response.status} ${await response.text()}`);
    let begun: Promise<unknown> | undefined;
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      const views = events.filter((event) => /^event: update$/m.test(event)).map(viewOf);
      if (views.length === 0) continue;
      begun ??= onFirst();
      const found = views.find(wanted);
      if (!found) continue;
      await begun;
      return found;
    }
    throw new Error(`the watch of ${id} ended`);
  }
}

function viewOf(event: string): MigrationView {
  const data = event.split('\n').find((line) => line.startsWith('data: '));
  return (JSON.parse(data!.slice('data: '.length)) as { migration: MigrationView }).migration;
}
