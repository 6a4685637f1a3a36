export * from './journal';
export * from './lease-model';
export * from './lease-state';
export * from './zombie-horizon';
