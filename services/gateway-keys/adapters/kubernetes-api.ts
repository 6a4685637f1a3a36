import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { refused, unreachable } from './gateway-errors';

/** Where a pod finds its service account. */
export const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface KubernetesApiOptions {
  /** "https://10.96.0.1:443" */
  url: string;
  namespace: string;
  /** Folder with `token` and `ca.crt`; read anew for each request, since tokens are renewed. */
  serviceAccount: string;
}

interface Ask {
  body?: object;
  /** Statuses that are no failure. 404 and 409 among them give null. Default 200. */
  ok?: number[];
}

/** The few calls of Kubernetes' API that are needed here. */
export class KubernetesApi {
  constructor(private readonly options: KubernetesApiOptions) {}

  /** `{namespace}` in the path is the pod's. Raises GATEWAY_UNREACHABLE or GATEWAY_REFUSED. */
  async ask<Answer = unknown>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    signal: AbortSignal,
    ask: Ask = {},
  ): Promise<Answer | null> {
    const { url, namespace, serviceAccount } = this.options;
    const [token, ca] = await Promise.all(['token', 'ca.crt'].map((name) => readFile(join(serviceAccount, name), 'utf8'))).catch(
      (error) => {
        throw unreachable('The service account of this pod', error);
      },
    );
    const dispatcher = new Agent({ connect: { ca } });
    try {
      const answer = await request(new URL(path.replace('{namespace}', namespace), url), {
        method,
        signal,
        dispatcher,
        headers: {
          authorization: `Bearer ${token!.trim()}`,
          'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        },
        body: ask.body === undefined ? null : JSON.stringify(ask.body),
      }).catch((error: unknown) => {
        throw unreachable('Kubernetes’ API', error);
      });
      const text = await answer.body.text();
      if (!(ask.ok ?? [200]).includes(answer.statusCode)) throw refused('Kubernetes', answer.statusCode, messageOf(text));
      return answer.statusCode === 404 || answer.statusCode === 409 ? null : (JSON.parse(text) as Answer);
    } finally {
      await dispatcher.close();
    }
  }
}

/** Kubernetes' own words, which name the object and the right that is missing, and no content of it. */
function messageOf(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: string }).message ?? '');
  } catch {
    return '';
  }
}
