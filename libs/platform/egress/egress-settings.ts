import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import type { EgressSettings } from './egress-guard';

/** The settings that every service takes (`serviceSettings`). */
export interface EgressConfig {
  SMARTANT_EGRESS_ALLOW_LOOPBACK: boolean;
  SMARTANT_EGRESS_ALLOW: string[];
  SMARTANT_EGRESS_DENY: string[];
}

export interface Surroundings {
  env: Record<string, string | undefined>;
  /** Of this machine's interfaces. */
  addresses: string[];
}

/**
 * The guard's settings from a service's configuration and from where it runs. Where the loopback is denied, this machine's other
 * addresses lead to the same ports and are denied too. In Kubernetes the API server and the services that the environment names
 * are denied by address: pods get them without any configuration. The wider ranges of pods and services are nowhere to be read, so
 * an administrator names them in `SMARTANT_EGRESS_DENY`. `SMARTANT_EGRESS_ALLOW` with the very address opens each of them.
 */
export function egressSettings(config: EgressConfig, surroundings: Surroundings = here()): EgressSettings {
  const allowLoopback = config.SMARTANT_EGRESS_ALLOW_LOOPBACK;
  return {
    allowLoopback,
    allow: config.SMARTANT_EGRESS_ALLOW,
    deny: config.SMARTANT_EGRESS_DENY,
    ours: [...(allowLoopback ? [] : surroundings.addresses), ...clusterServices(surroundings.env)],
  };
}

/** https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables */
function clusterServices(env: Surroundings['env']): string[] {
  if (!env['KUBERNETES_SERVICE_HOST']) return [];
  const hosts = Object.entries(env).filter(([name]) => name.endsWith('_SERVICE_HOST'));
  return [...new Set(hosts.map(([, host = '']) => host.trim()).filter((host) => ipaddr.isValid(host)))];
}

function here(): Surroundings {
  const addresses = Object.values(networkInterfaces()).flatMap((found = []) => found.map(({ address }) => address.replace(/%.*$/, '')));
  return { env: process.env, addresses };
}
