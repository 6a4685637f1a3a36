import { integerSetting, listSetting, loadConfig, portSetting } from '@smartant/platform/config';
import { z } from 'zod';
import { SERVICE_ACCOUNT } from './adapters/kubernetes-api';

const urlSetting = z.url({ protocol: /^https?$/, error: 'Expected an http or https address' });

const schema = z
  .object({
    /** Where the scheduler publishes the keys of tokens. */
    SMARTANT_JWKS_URL: urlSetting,
    /** Whom the keys are for: Kong beside this process, or Kong's Ingress Controller. */
    SMARTANT_GATEWAY_OUTPUT: z.enum(['kong-admin', 'kubernetes']),
    SMARTANT_KONG_ADMIN_URL: urlSetting.optional(),
    SMARTANT_KONG_CONFIG_FILE: z.string().optional(),
    /** One file for each machine. Absent: there are none. */
    SMARTANT_MACHINE_KEYS_DIR: z.string().optional(),
    /** Consumers that are machines, by commas. */
    SMARTANT_MACHINE_CONSUMERS: listSetting,
    SMARTANT_KUBERNETES_URL: urlSetting.default('https://kubernetes.default.svc'),
    SMARTANT_KUBERNETES_NAMESPACE: z.string().optional(),
    SMARTANT_KUBERNETES_SERVICE_ACCOUNT_DIR: z.string().default(SERVICE_ACCOUNT),
    SMARTANT_GATEWAY_SYNC_SECONDS: integerSetting({ min: 1, max: 300 }).prefault('15'),
    SMARTANT_BIND: z.string().default('127.0.0.1'),
    SMARTANT_ADMIN_PORT: portSetting,
    SMARTANT_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
    SMARTANT_LOGS_DIR: z.string().optional(),
  })
  .superRefine(checkOutput as never, { when: () => true });

function checkOutput(settings: Record<string, unknown>, context: z.core.$RefinementCtx): void {
  const needed: Record<string, string[]> = {
    'kong-admin': ['SMARTANT_KONG_ADMIN_URL', 'SMARTANT_KONG_CONFIG_FILE'],
    kubernetes: ['SMARTANT_KUBERNETES_NAMESPACE'],
  };
  const output = String(settings['SMARTANT_GATEWAY_OUTPUT']);
  for (const name of needed[output] ?? [])
    if (settings[name] === undefined)
      context.addIssue({ code: 'custom', path: [name], message: `is not set: SMARTANT_GATEWAY_OUTPUT=${output} needs it` });
}

export type GatewayKeysConfig = z.output<typeof schema>;

/** Raises CONFIG_INVALID, naming every wrong value. */
export function loadGatewayKeysConfig(env: NodeJS.ProcessEnv = process.env): GatewayKeysConfig {
  return loadConfig(schema, env);
}
