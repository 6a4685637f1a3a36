import { addressSetting, integerSetting, loadConfig, serviceSchema } from '@smartant/platform/config';
import type { z } from 'zod';

const schema = serviceSchema({
  SMARTANT_SCHEDULER_ADDRESS: addressSetting,
  /** Migrations that this process works on at once. One that streams changes holds its place until its cutover. */
  SMARTANT_DATABASE_MIGRATIONS: integerSetting({ min: 1, max: 256 }).prefault('16'),
});

export type DbMigratorConfig = z.output<typeof schema>;

/** Raises CONFIG_INVALID, naming every wrong value. */
export function loadDbMigratorConfig(env: NodeJS.ProcessEnv = process.env): DbMigratorConfig {
  return loadConfig(schema, env);
}
