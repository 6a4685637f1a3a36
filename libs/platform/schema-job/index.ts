export { runSchemaJob, type SchemaJob } from './run-schema-job';
