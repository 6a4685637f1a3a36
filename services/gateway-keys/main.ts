import { HealthRegistry, startAdminServer } from '@smartant/platform/health';
import { orExit, runService } from '@smartant/platform/lifecycle';
import { createLogger } from '@smartant/platform/logging';
import { gauge, registry } from '@smartant/platform/metrics';
import { JwksSource } from './adapters/jwks-source';
import { KongAdmin } from './adapters/kong-admin';
import { KubernetesApi } from './adapters/kubernetes-api';
import { KubernetesSecrets } from './adapters/kubernetes-secrets';
import { MachineKeyFolder } from './adapters/machine-key-folder';
import { KeepKeys } from './application/keep-keys';
import type { Gateway } from './application/ports';
import { loadGatewayKeysConfig, type GatewayKeysConfig } from './config';

const NAME = 'gateway-keys';

function gatewayOf(config: GatewayKeysConfig): Gateway {
  if (config.SMARTANT_GATEWAY_OUTPUT === 'kong-admin')
    return new KongAdmin({ url: config.SMARTANT_KONG_ADMIN_URL ?? '', file: config.SMARTANT_KONG_CONFIG_FILE ?? '' });
  return new KubernetesSecrets(
    new KubernetesApi({
      url: config.SMARTANT_KUBERNETES_URL,
      namespace: config.SMARTANT_KUBERNETES_NAMESPACE ?? '',
      serviceAccount: config.SMARTANT_KUBERNETES_SERVICE_ACCOUNT_DIR,
    }),
    config.SMARTANT_MACHINE_CONSUMERS,
  );
}

/** Asked for when metrics are scraped. */
function watchKeys(keys: KeepKeys): void {
  const inOrder = gauge('smartant_gateway_keys_in_order', '1 while the gateway has all keys that are published.');
  Object.assign(inOrder, {
    collect: () =>
      keys.assertInOrder().then(
        () => inOrder.set(1),
        () => inOrder.set(0),
      ),
  });
}

const config = orExit(NAME, () => loadGatewayKeysConfig());
const logger = createLogger({ service: NAME, level: config.SMARTANT_LOG_LEVEL, logsDir: config.SMARTANT_LOGS_DIR });

void runService({
  name: NAME,
  logger,
  start: async (onShutdown) => {
    const health = new HealthRegistry();
    const admin = await startAdminServer({ host: config.SMARTANT_BIND, port: config.SMARTANT_ADMIN_PORT, health, registry, logger });
    onShutdown('admin server', () => admin.close());
    const keys = new KeepKeys({
      tokens: new JwksSource(config.SMARTANT_JWKS_URL),
      machines: new MachineKeyFolder(config.SMARTANT_MACHINE_KEYS_DIR),
      gateway: gatewayOf(config),
      log: logger,
      everyMs: config.SMARTANT_GATEWAY_SYNC_SECONDS * 1_000,
    });
    health.add('keys', () => keys.assertInOrder());
    watchKeys(keys);
    keys.start();
    onShutdown('keys', () => keys.stop());
  },
});
