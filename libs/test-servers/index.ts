export { describeIf } from './describe-if';
export { freePort, startGuarded, waitUntilReady, type RunningServer } from './guarded-server';
export type { GuardedServer } from './guard-process';
export { whyNoPostgres } from './postgres/postgres-binaries';
export { freshDatabase } from './postgres/shared-postgres';
export { startPostgres, type TestPostgres } from './postgres/start-postgres';
