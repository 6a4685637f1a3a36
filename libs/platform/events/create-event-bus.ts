import { EmbeddedBus, type EmbeddedBusConfig } from './embedded/embedded-bus';
import type { EventBus } from './event-bus';
import { KafkaBus, type KafkaBusConfig } from './kafka/kafka-bus';

export type EventBusConfig = EmbeddedBusConfig | KafkaBusConfig;

/** The bus that the configuration names. Nothing is connected before `start`. */
export function createEventBus(config: EventBusConfig): EventBus {
  return config.kind === 'embedded' ? new EmbeddedBus(config) : new KafkaBus(config);
}
