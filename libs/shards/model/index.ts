export * from './journal';
export * from './lease-model';
export * from './lease-state';
