import { addressSetting, loadConfig, portSetting, serviceSchema } from '@smartant/platform/config';
import { z } from 'zod';
import { DEFAULT_GATE_SETTINGS } from './adapters/admission';
import { DEFAULT_SERVER_LIMITS } from './adapters/http/server-limits';
import { DEFAULT_SESSION_LIFE } from './application/identity/sessions';

const MASTER_KEY_BYTES = 32;

/** 32 bytes in base64. The value itself is never repeated in an error. */
const masterKeySetting = z.string().transform((text, context) => {
  const key = Buffer.from(text, 'base64');
  if (key.length === MASTER_KEY_BYTES) return key;
  context.addIssue({ code: 'custom', message: `Expected ${MASTER_KEY_BYTES} bytes in base64 (openssl rand -base64 32)` });
  return z.NEVER;
});

const countSetting = (otherwise: number) =>
  z
    .string()
    .default(String(otherwise))
    .transform(Number)
    .refine((count) => Number.isInteger(count) && count >= 1 && count <= 1_000_000, { error: 'Expected a whole number of at least 1' });

const schema = serviceSchema({
  SMARTANT_HTTP_PORT: portSetting,
  SMARTANT_STORAGE_MIGRATOR_ADDRESS: addressSetting,
  /** Wraps the data keys of all sealed secrets; usually given by SMARTANT_MASTER_KEY_FILE. */
  SMARTANT_MASTER_KEY: masterKeySetting,
  /** Of the first administrator; read at the very first start only. Absent: one is generated and printed once. */
  SMARTANT_ADMIN_PASSWORD: z.string().optional(),
  SMARTANT_API_KEY_PEPPER: z.string().min(16, { error: 'Expected at least 16 characters' }),
  /** Where browsers reach the API: providers of sign-ins send them back there. Default: its port on this machine. */
  SMARTANT_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'Expected an http or https address' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** A session ends when it was not used for so long, and after so long in any case. */
  SMARTANT_SESSION_IDLE_HOURS: countSetting(DEFAULT_SESSION_LIFE.idleSeconds / 3_600),
  SMARTANT_SESSION_MAX_HOURS: countSetting(DEFAULT_SESSION_LIFE.lifeSeconds / 3_600),
  /** Proxies whose X-Forwarded-For is believed: addresses, ranges, or `loopback`, `uniquelocal`, `linklocal`, by commas. */
  SMARTANT_TRUSTED_PROXIES: z.string().optional(),
  /** Connections to the database for changes and effects, and for what is only shown. */
  SMARTANT_DATABASE_CONNECTIONS: countSetting(16),
  SMARTANT_DATABASE_READ_CONNECTIONS: countSetting(6),
  /** Of this process, at the same time: see docs/guides/operate-under-load.md. */
  SMARTANT_MAX_CONNECTIONS: countSetting(DEFAULT_SERVER_LIMITS.connections),
  SMARTANT_MAX_READS: countSetting(DEFAULT_GATE_SETTINGS.reads),
  SMARTANT_MAX_LISTS: countSetting(DEFAULT_GATE_SETTINGS.lists),
  SMARTANT_MAX_REPORTS: countSetting(DEFAULT_GATE_SETTINGS.reports),
  SMARTANT_MAX_STREAMS: countSetting(DEFAULT_GATE_SETTINGS.streams),
  SMARTANT_SHED_DELAY_MS: countSetting(DEFAULT_GATE_SETTINGS.shedDelayMs),
  SMARTANT_MODE: z.enum(['embedded', 'distributed']).default('embedded'),
});

export type SchedulerConfig = z.output<typeof schema>;

/** The settings from the environment. Raises CONFIG_INVALID, naming every wrong one at once. */
export function loadSchedulerConfig(env: Record<string, string | undefined> = process.env): SchedulerConfig {
  return loadConfig(schema, env);
}
