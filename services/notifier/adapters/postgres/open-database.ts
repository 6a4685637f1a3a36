import { openDatabase, type Database } from '@smartant/platform/postgres';
import { NOTIFIER_SCHEMA, notifierMigrations } from './notifier-migrations';

/** The notifier's database, migrated. Raises what `openDatabase` raises. */
export function openNotifierDatabase(url: string, poolSize = 10): Promise<Database> {
  return openDatabase({ url, schema: NOTIFIER_SCHEMA, applicationName: 'notifier', migrations: notifierMigrations(), poolSize });
}
