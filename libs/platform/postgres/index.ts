export * from './database';
export * from './database-errors';
export type { Incarnation, IncarnationOptions } from './incarnation/incarnation';
export * from './migrate';
export { migrateOnce, type MigratedOnce, type MigrateOnceOptions } from './migrate-once';
export { quotedText } from './instances';
export * from './read-pool';
export * from './session';
export * from './sql-executor';
