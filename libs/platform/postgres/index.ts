export * from './database';
export * from './database-errors';
export type { Incarnation, IncarnationOptions } from './incarnation/incarnation';
export * from './migrate';
export { quotedText } from './instances';
export * from './read-pool';
export * from './session';
export * from './sql-executor';
