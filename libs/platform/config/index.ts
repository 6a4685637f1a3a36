export type { KafkaSettings } from './kafka-settings';
export * from './load-config';
export * from './service-settings';
export * from './setting-types';
