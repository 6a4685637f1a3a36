import type { StorageSecret } from '@smartant/connectors';
import type { SecretKind } from '@smartant/runs/adapters';

/** The secrets of object stores; file trees have none. */
export const storageSecrets: SecretKind<StorageSecret> = {
  without: ({ location }) => (location.kind === 'file' ? { kind: 'none' } : undefined),
  from: ({ secret }, network) => {
    if (secret?.$case !== 's3') return { kind: 'none', network };
    const { accessKeyId, secretAccessKey, sessionToken } = secret.value;
    return { kind: 's3', accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined, network };
  },
};
