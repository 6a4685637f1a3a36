export { describeIf } from './describe-if';
export { freePort, startGuarded, waitUntilReady, type RunningServer } from './guarded-server';
export type { GuardedServer } from './guard-process';
export { startKafka, whyNoKafka, type TestKafka } from './kafka/start-kafka';
export { whyNoPostgres } from './postgres/postgres-binaries';
export { freshDatabase } from './postgres/shared-postgres';
export { startPostgres, type TestPostgres } from './postgres/start-postgres';
export { startS3, whyNoS3, type S3Kind, type S3Server, type StartS3Options } from './s3/start-s3';
export { startToxiproxy, whyNoToxiproxy, type FaultProxy, type Toxic, type Toxiproxy } from './toxiproxy/start-toxiproxy';
