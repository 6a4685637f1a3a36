import { readFile } from 'node:fs/promises';
import { systemClock, type Clock } from '@smartant/kernel';
import { z } from 'zod';
import type { TransitClient } from './transit-client';
import { kmsDenied } from './transit-errors';

/** Where the token comes from that the service knows us by. */
export interface TransitToken {
  /** Raises VAULT_KMS_DENIED and VAULT_KMS_UNAVAILABLE. */
  get(): Promise<string>;
  /** It was refused: the next one is asked for anew. */
  drop(): void;
}

/** A file that an agent keeps fresh, so it is read each time. */
export class FileToken implements TransitToken {
  constructor(private readonly path: string) {}

  async get(): Promise<string> {
    return readTrimmed(this.path);
  }

  drop(): void {
    // Nothing is kept.
  }
}

export interface KubernetesTokenOptions {
  client: TransitClient;
  mount: string;
  role: string;
  /** Of the service account's token; Kubernetes renews it in place. */
  tokenFile: string;
  clock?: Clock;
}

const loginAnswer = z.object({ auth: z.object({ client_token: z.string().min(1), lease_duration: z.number().nonnegative() }) });

/** Signs in with the pod's service account, again when two thirds of the lease are over. */
export class KubernetesToken implements TransitToken {
  private known: { token: string; untilMs: number } | undefined;
  private asking: Promise<string> | undefined;

  constructor(private readonly options: KubernetesTokenOptions) {}

  async get(): Promise<string> {
    const { clock = systemClock } = this.options;
    if (this.known && this.known.untilMs > clock.nowMs()) return this.known.token;
    this.asking ??= this.signIn(clock).finally(() => (this.asking = undefined));
    return this.asking;
  }

  drop(): void {
    this.known = undefined;
  }

  private async signIn(clock: Clock): Promise<string> {
    const { client, mount, role, tokenFile } = this.options;
    const { status, body } = await client.call('POST', `auth/${mount}/login`, { role, jwt: await readTrimmed(tokenFile) }, undefined);
    const answer = loginAnswer.safeParse(body);
    if (status !== 200 || !answer.success) throw kmsDenied(`signing in as ${role} was answered with status ${status}`);
    const { client_token: token, lease_duration: seconds } = answer.data.auth;
    // A lease of 0 never ends.
    this.known = { token, untilMs: seconds === 0 ? Infinity : clock.nowMs() + (seconds * 1_000 * 2) / 3 };
    return token;
  }
}

async function readTrimmed(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw kmsDenied(`the file ${path} with a token cannot be read (${error.code})`);
  });
  return text.trim();
}
