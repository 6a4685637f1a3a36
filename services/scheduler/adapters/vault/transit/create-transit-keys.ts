import type { VaultSettings } from '../vault-settings';
import { TransitClient } from './transit-client';
import { TransitKeys } from './transit-keys';
import { FileToken, KubernetesToken } from './transit-token';

/** The transit engine as the settings describe it. Asks it nothing yet. */
export function createTransitKeys(settings: VaultSettings): TransitKeys {
  const client = new TransitClient({
    address: settings.SMARTANT_TRANSIT_ADDRESS!,
    ca: settings.SMARTANT_TRANSIT_CA,
    namespace: settings.SMARTANT_TRANSIT_NAMESPACE,
    timeoutMs: settings.SMARTANT_TRANSIT_TIMEOUT_MS,
  });
  const role = settings.SMARTANT_TRANSIT_KUBERNETES_ROLE;
  const token =
    role === undefined
      ? new FileToken(settings.SMARTANT_TRANSIT_TOKEN_FILE!)
      : new KubernetesToken({
          client,
          role,
          mount: settings.SMARTANT_TRANSIT_KUBERNETES_MOUNT,
          tokenFile: settings.SMARTANT_TRANSIT_KUBERNETES_TOKEN_FILE,
        });
  return new TransitKeys({ client, token, mount: settings.SMARTANT_TRANSIT_MOUNT, key: settings.SMARTANT_TRANSIT_KEY });
}
