import { runSchemaJob } from '@smartant/platform/schema-job';
import { runSchema } from '@smartant/runs/adapters';
import { storageMigrations } from './adapters/postgres/storage-migrations';

const name = 'storage-migrator';

void runSchemaJob({ name, ...runSchema(name, storageMigrations()) });
