import { runSchemaJob } from '@smartant/platform/schema-job';
import { SCHEMA, schemaSteps } from './scheduler-pools';

void runSchemaJob({ name: 'scheduler', schema: SCHEMA, migrations: schemaSteps() });
