export * from './storage/types';
export * from './network/ways';
