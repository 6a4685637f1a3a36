export * from './create-event-bus';
export * from './domain-event';
export { prepareEmbeddedBus } from './embedded/bus-schema';
export type { EmbeddedBusConfig } from './embedded/embedded-bus';
export * from './event-bus';
export * from './inbox';
export type { KafkaBusConfig } from './kafka/kafka-bus';
export * from './outbox';
export * from './outbox-relay';
