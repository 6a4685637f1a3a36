import { addressSetting, integerSetting, loadConfig, serviceSchema } from '@smartant/platform/config';
import type { z } from 'zod';

const schema = serviceSchema({
  SMARTANT_SCHEDULER_ADDRESS: addressSetting,
  /** Objects in flight in this process. More than 32 was slower against one store (measured on S3 to S3, 16 KiB objects). */
  SMARTANT_WORKER_CONCURRENCY: integerSetting({ min: 1, max: 512 }).prefault('24'),
});

export type StorageMigratorConfig = z.output<typeof schema>;

/** Raises CONFIG_INVALID, naming every wrong value. */
export function loadStorageMigratorConfig(env: NodeJS.ProcessEnv = process.env): StorageMigratorConfig {
  return loadConfig(schema, env);
}
