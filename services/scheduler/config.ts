import { addressSetting, booleanSetting, listSetting, loadConfig, portSetting, serviceSchema } from '@smartant/platform/config';
import { z } from 'zod';
import { DEFAULT_GATE_SETTINGS } from './adapters/admission';
import { DEFAULT_REQUEST_RATE } from './adapters/http/access/request-rate';
import { DEFAULT_SERVER_LIMITS } from './adapters/http/server-limits';
import { checkVaultSettings, vaultSettings } from './adapters/vault/vault-settings';
import { checkRecordSettings, recordSettings } from './adapters/records/record-settings';
import { DEFAULT_SESSION_LIFE } from './application/identity/sessions';
import { USUAL_ALERT_SETTINGS } from './alert-parts';

const countSetting = (otherwise: number, least = 1) =>
  z
    .string()
    .default(String(otherwise))
    .transform(Number)
    .refine((count) => Number.isInteger(count) && count >= least && count <= 1_000_000, {
      error: `Expected a whole number of at least ${least}`,
    });

/** Origins as browsers send them: scheme, host and port, nothing else. */
const originsSetting = listSetting.superRefine((origins, context) => {
  const isOrigin = (text: string) =>
    URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text && !text.includes('*');
  if (origins.every(isOrigin)) return;
  context.addIssue({ code: 'custom', message: 'Expected origins by commas, such as https://console.example.com' });
});

const schema = serviceSchema({
  SMARTANT_HTTP_PORT: portSetting,
  SMARTANT_STORAGE_MIGRATOR_ADDRESS: addressSetting,
  /** Absent: this installation migrates no databases. */
  SMARTANT_DB_MIGRATOR_ADDRESS: addressSetting.optional(),
  /** Absent: this installation migrates no hosts. */
  SMARTANT_HOST_MIGRATOR_ADDRESS: addressSetting.optional(),
  /** Absent: this installation tells nobody of its alerts. */
  SMARTANT_NOTIFIER_ADDRESS: addressSetting.optional(),
  ...vaultSettings,
  ...recordSettings,
  /** Ids of wrapping keys that are lost for good, by commas: a start gives up what is sealed under them. */
  SMARTANT_LOST_KEYS: listSetting,
  /** Of the first administrator; read at the very first start only. Absent: one is generated and printed once. */
  SMARTANT_ADMIN_PASSWORD: z.string().optional(),
  SMARTANT_API_KEY_PEPPER: z.string().min(16, { error: 'Expected at least 16 characters' }),
  /** Where browsers reach the API: providers of sign-ins send them back there. Default: its port on this machine. */
  SMARTANT_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'Expected an http or https address' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** The built pages of the console. Absent: they are served elsewhere. */
  SMARTANT_CONSOLE_DIR: z.string().min(1).optional(),
  /** A session ends when it was not used for so long, and after so long in any case. */
  SMARTANT_SESSION_IDLE_HOURS: countSetting(DEFAULT_SESSION_LIFE.idleSeconds / 3_600),
  SMARTANT_SESSION_MAX_HOURS: countSetting(DEFAULT_SESSION_LIFE.lifeSeconds / 3_600),
  /** Whoever signs in must have a second factor, in every workspace; who has none can enrol one. API keys go on. */
  SMARTANT_SECOND_FACTOR_REQUIRED: booleanSetting.default(false),
  /** When the last administrator has lost app and recovery codes: a user's name, and a time. What was enrolled before it is removed at the start. */
  SMARTANT_RESET_SECOND_FACTOR_OF: z.string().min(1).max(200).optional(),
  SMARTANT_RESET_SECOND_FACTOR_BEFORE: z.iso.datetime({ offset: true, error: 'Expected a time such as 2026-11-28T21:00:00Z' }).optional(),
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
  /** Requests of one caller in ten seconds. */
  SMARTANT_MAX_REQUESTS_PER_CALLER: countSetting(DEFAULT_REQUEST_RATE.requests),
  SMARTANT_SHED_DELAY_MS: countSetting(DEFAULT_GATE_SETTINGS.shedDelayMs),
  /** Between two looks of the alert rules at everything. */
  SMARTANT_ALERT_TICK_SECONDS: countSetting(USUAL_ALERT_SETTINGS.tickMs / 1_000),
  /** Between two attempts at an endpoint that migrations in progress use. 0: they are not tried. */
  SMARTANT_ENDPOINT_TRIAL_SECONDS: countSetting(USUAL_ALERT_SETTINGS.endpointTrialMs / 1_000, 0),
  /** Days after which entries of the audit trail are removed. Absent: they are kept for ever. */
  SMARTANT_AUDIT_RETENTION_DAYS: z
    .string()
    .transform(Number)
    .refine((days) => Number.isInteger(days) && days >= 1 && days <= 36_500, { error: 'Expected a whole number of days from 1 to 36500' })
    .optional(),
  /** Origins whose pages may call the API from a browser. None: browsers keep other origins out. */
  SMARTANT_CORS_ORIGINS: originsSetting,
  /** The API over TLS, beside the plain port. Both files and the port, or none; renewed files are taken up while it runs. */
  SMARTANT_HTTPS_PORT: portSetting.optional(),
  /** Where the TLS port listens; as SMARTANT_BIND when absent. */
  SMARTANT_HTTPS_BIND: z.string().optional(),
  SMARTANT_HTTP_TLS_CERT_FILE: z.string().optional(),
  SMARTANT_HTTP_TLS_KEY_FILE: z.string().optional(),
  SMARTANT_MODE: z.enum(['embedded', 'distributed']).default('embedded'),
})
  .superRefine(checkVaultSettings as never, { when: () => true })
  .superRefine(checkSecondFactorReset, { when: () => true })
  .superRefine(checkRecordSettings, { when: () => true })
  .superRefine(checkHttps, { when: () => true });

/** Without a time, each start of each replica would remove what was enrolled since. */
function checkSecondFactorReset(settings: unknown, context: z.core.$RefinementCtx): void {
  const given = settings as Record<string, unknown>;
  const names = ['SMARTANT_RESET_SECOND_FACTOR_OF', 'SMARTANT_RESET_SECOND_FACTOR_BEFORE'];
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length !== 1) return;
  context.addIssue({ code: 'custom', path: missing, message: 'Is not set: a reset needs the user and the time' });
}

/** Half of it would leave the API without TLS where somebody counts on it. */
function checkHttps(settings: unknown, context: z.core.$RefinementCtx): void {
  const given = settings as Record<string, unknown>;
  const names = ['SMARTANT_HTTPS_PORT', 'SMARTANT_HTTP_TLS_CERT_FILE', 'SMARTANT_HTTP_TLS_KEY_FILE'];
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length === names.length) return;
  for (const name of missing)
    context.addIssue({ code: 'custom', path: [name], message: 'Is not set: the API over TLS needs port, certificate and key' });
}

export type SchedulerConfig = z.output<typeof schema>;

/** The settings from the environment. Raises CONFIG_INVALID, naming every wrong one at once. */
export function loadSchedulerConfig(env: Record<string, string | undefined> = process.env): SchedulerConfig {
  return loadConfig(schema, env);
}
