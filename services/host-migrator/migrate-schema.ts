import { runSchemaJob } from '@smartant/platform/schema-job';
import { runSchema } from '@smartant/runs/adapters';
import { hostMigrations } from './adapters/postgres/host-migrations';

const name = 'host-migrator';

void runSchemaJob({ name, ...runSchema(name, hostMigrations()) });
