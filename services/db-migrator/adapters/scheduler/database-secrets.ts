import type { DatabaseSecret } from '@smartant/connectors';
import type { SecretKind } from '@smartant/runs/adapters';

/** The secrets of databases. One without a password may sign in by its client certificate. */
export const databaseSecrets: SecretKind<DatabaseSecret> = {
  without: () => undefined,
  from: ({ secret }, network) =>
    secret?.$case === 'password' ? { kind: 'password', password: secret.value.password, network } : { kind: 'none', network },
};
