import { createHash } from 'node:crypto';
import type { Gateway } from '../application/ports';
import { TOKEN_CONSUMER, type GatewayCredentials } from '../domain/gateway-credentials';
import { refused } from './gateway-errors';
import type { KubernetesApi } from './kubernetes-api';

interface Secret {
  metadata: { name: string; labels?: Record<string, string> };
  data?: Record<string, string>;
}

interface Consumer {
  credentials?: string[];
}

const OWNER = 'gateway-keys';
const PREFIX = 'smartant-key-';

/**
 * Kong's Ingress Controller: a credential is a Secret that a KongConsumer names. A new Secret is written before the consumer names it, and an old one
 * is removed after the consumer has let go of it, so that at no time a name leads nowhere.
 */
export class KubernetesSecrets implements Gateway {
  /** `machines`: consumers whose keys are kept, also when they have none any more. */
  constructor(
    private readonly api: KubernetesApi,
    private readonly machines: readonly string[],
  ) {}

  async put(credentials: GatewayCredentials, signal: AbortSignal): Promise<'changed' | 'unchanged'> {
    let changed = false;
    const stale: string[] = [];
    for (const [consumer, secrets] of byConsumer(credentials, this.machines)) {
      for (const secret of secrets) changed = (await this.write(secret, signal)) || changed;
      const removed = await this.name(
        consumer,
        secrets.map(({ metadata }) => metadata.name),
        signal,
      );
      changed ||= removed !== null;
      stale.push(...(removed ?? []));
    }
    for (const name of stale)
      await this.api.ask('DELETE', `/api/v1/namespaces/{namespace}/secrets/${name}`, signal, { ok: [200, 202, 404] });
    return changed ? 'changed' : 'unchanged';
  }

  private async write(secret: Secret, signal: AbortSignal): Promise<boolean> {
    const path = '/api/v1/namespaces/{namespace}/secrets';
    const { name } = secret.metadata;
    const found = await this.api.ask<Secret>('GET', `${path}/${name}`, signal, { ok: [200, 404] });
    if (found && JSON.stringify(found.data) === JSON.stringify(secret.data)) return false;
    const body = { apiVersion: 'v1', kind: 'Secret', ...secret };
    // 409: the other replica was first.
    if (found) await this.api.ask('PUT', `${path}/${name}`, signal, { body, ok: [200, 409] });
    else await this.api.ask('POST', path, signal, { body, ok: [201, 409] });
    return true;
  }

  /** Lets the consumer name exactly these of ours beside those of others. Null: it does so already; else those it named before and does not any more. */
  private async name(consumer: string, names: string[], signal: AbortSignal): Promise<string[] | null> {
    const path = `/apis/configuration.konghq.com/v1/namespaces/{namespace}/kongconsumers/${consumer}`;
    const found = await this.api.ask<Consumer>('GET', path, signal, { ok: [200, 404] });
    if (!found) throw refused('Kubernetes', 404, `there is no KongConsumer ${consumer}`);
    const before = found.credentials ?? [];
    const others = before.filter((name) => !name.startsWith(PREFIX));
    const after = [...others, ...names];
    if (JSON.stringify(after) === JSON.stringify(before)) return null;
    await this.api.ask('PATCH', path, signal, { body: { credentials: after } });
    return before.filter((name) => !after.includes(name));
  }
}

function byConsumer({ tokenKeys, machineKeys }: GatewayCredentials, machines: readonly string[]): Map<string, Secret[]> {
  const tokens = [...tokenKeys]
    .sort((a, b) => (a.kid < b.kid ? -1 : 1))
    .map(({ kid, algorithm, publicKeyPem }) => secretOf('jwt', kid, { key: kid, algorithm, rsa_public_key: publicKeyPem }));
  const keysOf = (machine: string) => machineKeys.filter(({ consumer }) => consumer === machine);
  return new Map([
    [TOKEN_CONSUMER, tokens] as const,
    ...machines.map((machine) => [machine, keysOf(machine).map(({ key }) => secretOf('key-auth', machine, { key }))] as const),
  ]);
}

/** Named after what the key is of, never after a secret: names are seen by more people than contents. */
function secretOf(type: 'jwt' | 'key-auth', identity: string, data: Record<string, string>): Secret {
  const name = PREFIX + createHash('sha256').update(`${type}/${identity}`).digest('hex').slice(0, 20);
  const encoded = Object.entries(data).map(([field, value]) => [field, Buffer.from(value).toString('base64')]);
  return {
    metadata: { name, labels: { 'konghq.com/credential': type, 'app.kubernetes.io/managed-by': OWNER } },
    data: Object.fromEntries(encoded.sort()) as Record<string, string>,
  };
}
