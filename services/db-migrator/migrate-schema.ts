import { runSchemaJob } from '@smartant/platform/schema-job';
import { runSchema } from '@smartant/runs/adapters';
import { databaseMigrations } from './adapters/postgres/database-migrations';

const name = 'db-migrator';

void runSchemaJob({ name, ...runSchema(name, databaseMigrations()) });
