import { z } from 'zod';
import { checkKafkaSettings, kafkaSettings, type KafkaSettings } from './kafka-settings';
import { booleanSetting, cidrListSetting, databaseUrlSetting, portSetting } from './setting-types';

/** The settings that every service takes. See `serviceSchema`. */
export const serviceSettings = {
  SMARTANT_DATABASE_URL: databaseUrlSetting,
  SMARTANT_BUS: z.enum(['embedded', 'kafka']).default('embedded'),
  ...kafkaSettings,
  SMARTANT_BIND: z.string().default('127.0.0.1'),
  SMARTANT_ADMIN_PORT: portSetting,
  SMARTANT_GRPC_PORT: portSetting,
  SMARTANT_TLS_CA_FILE: z.string().optional(),
  SMARTANT_TLS_CERT_FILE: z.string().optional(),
  SMARTANT_TLS_KEY_FILE: z.string().optional(),
  SMARTANT_GRPC_PLAINTEXT: booleanSetting.default(false),
  SMARTANT_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  SMARTANT_LOGS_DIR: z.string().optional(),
  SMARTANT_TRACE_EXPORTER: z.enum(['otlp', 'jaeger', 'file', 'none']).default('none'),
  SMARTANT_TRACES_DIR: z.string().optional(),
  SMARTANT_TRACE_UNIT_RATIO: z
    .string()
    .default('0.01')
    .transform(Number)
    .refine((ratio) => ratio >= 0 && ratio <= 1, { error: 'Expected a number from 0 to 1' }),
  SMARTANT_EGRESS_ALLOW_LOOPBACK: booleanSetting.default(false),
  SMARTANT_EGRESS_ALLOW: cidrListSetting,
  SMARTANT_EGRESS_DENY: cidrListSetting,
} as const;

const serviceObject = z.object(serviceSettings);
export type ServiceSettings = z.output<typeof serviceObject>;

/**
 * The schema of a service's settings: the common ones, its own, and the rules between them. The rules also run when a single
 * value is wrong, so that everything is named at once.
 */
export function serviceSchema<Own extends z.core.$ZodLooseShape>(own: Own) {
  return z.object({ ...serviceSettings, ...own }).superRefine(checkServiceSettings as never, { when: () => true });
}

type CrossChecked = Pick<
  ServiceSettings,
  | 'SMARTANT_BUS'
  | keyof KafkaSettings
  | 'SMARTANT_GRPC_PLAINTEXT'
  | 'SMARTANT_TLS_CA_FILE'
  | 'SMARTANT_TLS_CERT_FILE'
  | 'SMARTANT_TLS_KEY_FILE'
  | 'SMARTANT_TRACE_EXPORTER'
  | 'SMARTANT_TRACES_DIR'
>;

/** The rules between settings. gRPC without TLS must be asked for by name, so that a forgotten variable never opens a port. */
function checkServiceSettings(settings: Partial<CrossChecked>, context: z.core.$RefinementCtx): void {
  const report = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
  const tlsNames = ['SMARTANT_TLS_CA_FILE', 'SMARTANT_TLS_CERT_FILE', 'SMARTANT_TLS_KEY_FILE'] as const;
  const missing = tlsNames.filter((name) => settings[name] === undefined);
  if (missing.length < tlsNames.length || !settings.SMARTANT_GRPC_PLAINTEXT) {
    for (const name of missing)
      report(name, 'is not set: mutual TLS needs all three files (or SMARTANT_GRPC_PLAINTEXT=true inside a mesh)');
  }
  if (settings.SMARTANT_BUS === 'kafka') checkKafkaSettings(settings, report);
  if (settings.SMARTANT_TRACE_EXPORTER === 'file' && settings.SMARTANT_TRACES_DIR === undefined) {
    report('SMARTANT_TRACES_DIR', 'is not set: SMARTANT_TRACE_EXPORTER=file needs a folder');
  }
}
