import { addressSetting, integerSetting, loadConfig, serviceSchema } from '@smartant/platform/config';
import type { z } from 'zod';
import { WRITE_DEADLINE_MS } from './domain/write-deadline';

const schema = serviceSchema({
  SMARTANT_SCHEDULER_ADDRESS: addressSetting,
  /** Objects in flight in this process. More than 32 was slower against one store (measured on S3 to S3, 16 KiB objects). */
  SMARTANT_WORKER_CONCURRENCY: integerSetting({ min: 1, max: 512 }).prefault('24'),
  /**
   * For how long a write may reach a target after its holder lost the shard. After a takeover, deleting and verifying wait for it
   * (domain/write-deadline.ts): less is only right where nothing between here and the targets holds requests back for longer.
   */
  SMARTANT_LATE_WRITE_SECONDS: integerSetting({ min: 5, max: 3_600 }).prefault(String(WRITE_DEADLINE_MS / 1_000)),
});

export type StorageMigratorConfig = z.output<typeof schema>;

/** Raises CONFIG_INVALID, naming every wrong value. */
export function loadStorageMigratorConfig(env: NodeJS.ProcessEnv = process.env): StorageMigratorConfig {
  return loadConfig(schema, env);
}
