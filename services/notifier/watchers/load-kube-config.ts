import type { KubeAccess } from './kubernetes/kube-client';
import type { WatcherConfig } from './watcher-settings';
import { kubeConfigInvalid } from './watcher-errors';

/**
 * The access to the cluster that is to be watched; null: none is. The client is loaded here alone, and only when it is needed: it brings all of
 * Kubernetes' API with it. Raises KUBERNETES_CONFIG_INVALID.
 */
export async function loadKubeConfig(config: WatcherConfig): Promise<KubeAccess | null> {
  if (config.SMARTANT_KUBERNETES_WATCH === 'off') return null;
  const { KubeConfig } = await import('@kubernetes/client-node');
  const kubeConfig = new KubeConfig();
  try {
    const file = config.SMARTANT_KUBERNETES_CONFIG_FILE;
    if (file !== undefined) kubeConfig.loadFromFile(file);
    else loadFromPod(kubeConfig);
  } catch (error) {
    throw kubeConfigInvalid(error instanceof Error ? error.message : String(error), error);
  }
  return kubeConfig;
}

/** By itself the client would take another server, on localhost, where there is no service account. */
function loadFromPod(kubeConfig: { loadFromCluster(): void }): void {
  if (!process.env['KUBERNETES_SERVICE_HOST']) throw new Error('the notifier does not run in a pod');
  kubeConfig.loadFromCluster();
}
