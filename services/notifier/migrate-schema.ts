import { runSchemaJob } from '@smartant/platform/schema-job';
import { NOTIFIER_SCHEMA, notifierMigrations } from './adapters/postgres/notifier-migrations';

void runSchemaJob({ name: 'notifier', schema: NOTIFIER_SCHEMA, migrations: notifierMigrations() });
