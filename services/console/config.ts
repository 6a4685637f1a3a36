import { loadConfig, portSetting } from '@smartant/platform/config';
import { z } from 'zod';

const schema = z.object({
  SMARTANT_HTTP_PORT: portSetting,
  SMARTANT_ADMIN_PORT: portSetting,
  SMARTANT_BIND: z.string().default('127.0.0.1'),
  SMARTANT_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  SMARTANT_LOGS_DIR: z.string().optional(),
});

export type ConsoleConfig = z.output<typeof schema>;

/** Raises CONFIG_INVALID, naming every wrong value. */
export function loadConsoleConfig(env: NodeJS.ProcessEnv = process.env): ConsoleConfig {
  return loadConfig(schema, env);
}
