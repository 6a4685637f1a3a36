export * from './storage/types';
export * from './network/ways';
export * from './database/types';
export * from './host/types';
export * from './host/network-card';
