import { integerSetting, loadConfig, portSetting, serviceSchema } from '@smartant/platform/config';
import { KEY_BYTES } from '@smartant/platform/sealing';
import { z } from 'zod';
import type { SilenceBounds } from './application/engine/receive-alerts';
import type { AlertSource } from './domain/alert';
import { watcherSettings } from './watchers/watcher-settings';

const keyFrom = (text: string): Buffer | undefined => {
  const key = Buffer.from(text, 'base64');
  return key.length === KEY_BYTES ? key : undefined;
};

/** 32 bytes in base64. The value itself is never repeated in an error. */
const keySetting = z.string().transform((text, context) => {
  const key = keyFrom(text);
  if (key) return key;
  context.addIssue({ code: 'custom', message: `Expected ${KEY_BYTES} bytes in base64 (openssl rand -base64 32)` });
  return z.NEVER;
});

const SILENT_SOURCES = ['alertmanager', 'kubesphere'] as const;
/** A source that repeats itself every few minutes may be late by some of them. */
const SHORTEST_SILENCE_MINUTES = 5;
const LONGEST_SILENCE_MINUTES = 30 * 24 * 60;

const silenceSetting = z
  .string()
  .transform((text, context): SilenceBounds => {
    const bounds: Partial<Record<AlertSource, number>> = {};
    for (const part of text.split(',').filter((each) => each.trim() !== '')) {
      const [, name = '', minutes = ''] = /^\s*([a-z]+)=(\d{1,6})\s*$/.exec(part) ?? [];
      const source = SILENT_SOURCES.find((each) => each === name);
      const isInRange = Number(minutes) >= SHORTEST_SILENCE_MINUTES && Number(minutes) <= LONGEST_SILENCE_MINUTES;
      if (source && isInRange) bounds[source] = Number(minutes) * 60_000;
      else {
        const range = `${SHORTEST_SILENCE_MINUTES} to ${LONGEST_SILENCE_MINUTES} minutes`;
        context.addIssue({ code: 'custom', message: `Expected SOURCE=MINUTES of ${SILENT_SOURCES.join(' and ')}, ${range}` });
      }
    }
    return bounds;
  })
  .prefault('');

const schema = serviceSchema({
  /** Seals the secrets of channels; usually given by SMARTANT_NOTIFIER_KEY_FILE. */
  SMARTANT_NOTIFIER_KEY: keySetting,
  /** The key before this one: opens what was sealed under it. */
  SMARTANT_NOTIFIER_KEY_PREVIOUS: keySetting.optional(),
  /** Where Alertmanager and KubeSphere bring alerts. Absent: nowhere. */
  SMARTANT_INTAKE_PORT: portSetting.optional(),
  /** Where that port listens; as SMARTANT_BIND when absent. */
  SMARTANT_INTAKE_BIND: z.string().optional(),
  /** What they prove themselves by. */
  SMARTANT_INTAKE_TOKEN: z.string().min(16, { error: 'Expected at least 16 characters' }).optional(),
  /** Where people reach the console: messages lead there. Absent: they lead nowhere. */
  SMARTANT_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'Expected an http or https address' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** Messages that this process sends at once. */
  SMARTANT_NOTIFIER_SLOTS: integerSetting({ min: 1, max: 256 }).prefault('8'),
  /** For how long a message is tried. */
  SMARTANT_NOTIFIER_RETRY_HOURS: integerSetting({ min: 1, max: 720 }).prefault('72'),
  /** For how long alerts that are over and messages that were sent stay on record. */
  SMARTANT_NOTIFIER_RETENTION_DAYS: integerSetting({ min: 1, max: 3_650 }).prefault('30'),
  /** After how long of silence alerts of a source are taken for over: "alertmanager=480,kubesphere=30", in minutes. Sources that are not named say the end of each. */
  SMARTANT_INTAKE_SILENCE_MINUTES: silenceSetting,
  SMARTANT_DATABASE_CONNECTIONS: integerSetting({ min: 2, max: 200 }).prefault('10'),
  ...watcherSettings,
}).superRefine(checkIntake, { when: () => true });

/** An open intake would let anybody ring everybody's phone. */
function checkIntake(settings: unknown, context: z.core.$RefinementCtx): void {
  const given = settings as Record<string, unknown>;
  const names = ['SMARTANT_INTAKE_PORT', 'SMARTANT_INTAKE_TOKEN'];
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length !== 1) return;
  context.addIssue({ code: 'custom', path: missing, message: 'is not set: the intake needs its port and a token' });
}

export type NotifierConfig = z.output<typeof schema>;

/** Raises CONFIG_INVALID, naming every wrong value. */
export function loadNotifierConfig(env: Record<string, string | undefined> = process.env): NotifierConfig {
  return loadConfig(schema, env);
}
