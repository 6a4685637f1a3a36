export * from './database';
export * from './database-errors';
export * from './migrate';
export * from './session';
export * from './sql-executor';
