export * from './storage/types';
