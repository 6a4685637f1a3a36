export * from './storage/types';
export * from './network/ways';
export * from './database/types';
