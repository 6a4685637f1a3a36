import type { HostSecret } from '@smartant/connectors';
import type { SecretKind } from '@smartant/runs/adapters';

/** The secrets of hosts; an image has none, and no way to it either. */
export const hostSecrets: SecretKind<HostSecret> = {
  without: ({ location }) => (location.kind === 'image' ? { kind: 'none' } : undefined),
  from: ({ secret }, network) => {
    if (secret?.$case !== 'ssh') return { kind: 'none', network };
    const { privateKeyPem, passphrase, password, becomePassword } = secret.value;
    return {
      kind: 'ssh',
      privateKeyPem: privateKeyPem || undefined,
      passphrase: passphrase || undefined,
      password: password || undefined,
      becomePassword: becomePassword || undefined,
      network,
    };
  },
};
