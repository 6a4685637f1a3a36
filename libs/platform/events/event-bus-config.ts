import type { KafkaSettings } from '@smartant/platform/config';
import type { EventBusConfig } from './create-event-bus';
import type { EventLogger } from './event-bus';
import type { KafkaBusConfig } from './kafka/kafka-bus';

type BusSettings = KafkaSettings & { SMARTANT_BUS: 'embedded' | 'kafka'; SMARTANT_DATABASE_URL: string };

/** The bus that a service's settings ask for. `name` is what brokers and databases see of the client. */
export function eventBusConfig(settings: BusSettings, name: string, logger: EventLogger): EventBusConfig {
  return settings.SMARTANT_BUS === 'kafka'
    ? kafkaBusConfig(settings, name, logger)
    : { kind: 'embedded', databaseUrl: settings.SMARTANT_DATABASE_URL, applicationName: `${name}-bus`, logger };
}

function kafkaBusConfig(settings: KafkaSettings, clientId: string, logger: EventLogger): KafkaBusConfig {
  const { SMARTANT_KAFKA_CA: ca, SMARTANT_KAFKA_SASL: mechanism } = settings;
  const { SMARTANT_KAFKA_USERNAME: username = '', SMARTANT_KAFKA_PASSWORD: password = '' } = settings;
  return {
    kind: 'kafka',
    brokers: settings.SMARTANT_KAFKA_BROKERS,
    clientId,
    partitions: settings.SMARTANT_KAFKA_PARTITIONS,
    replicationFactor: settings.SMARTANT_KAFKA_REPLICATION,
    minInSync: settings.SMARTANT_KAFKA_MIN_INSYNC,
    ...(settings.SMARTANT_KAFKA_TLS ? { ssl: ca === undefined ? true : { ca } } : {}),
    ...(mechanism === 'none' ? {} : { sasl: { mechanism, username, password } as KafkaBusConfig['sasl'] }),
    logger,
  };
}
