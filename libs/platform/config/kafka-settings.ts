import { z } from 'zod';
import { booleanSetting, integerSetting, listSetting } from './setting-types';

/** How a service reaches Kafka; read when `SMARTANT_BUS=kafka`. `NAME_FILE` works for each, as for every setting. */
export const kafkaSettings = {
  SMARTANT_KAFKA_BROKERS: listSetting,
  /** Of topics that we make. More than there will ever be replicas of one consumer. */
  SMARTANT_KAFKA_PARTITIONS: integerSetting({ min: 1, max: 1_000 }).prefault('8'),
  /** Copies of topics that we make; absent: the cluster's default. */
  SMARTANT_KAFKA_REPLICATION: integerSetting({ min: 1, max: 100 }).optional(),
  /** How many copies must have an event before it counts as published; absent: the cluster's default. */
  SMARTANT_KAFKA_MIN_INSYNC: integerSetting({ min: 1, max: 100 }).optional(),
  SMARTANT_KAFKA_TLS: booleanSetting.default(false),
  /** PEM of the authority that signed the brokers' certificates; absent: the system's authorities. */
  SMARTANT_KAFKA_CA: z.string().optional(),
  SMARTANT_KAFKA_SASL: z.enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512']).default('none'),
  SMARTANT_KAFKA_USERNAME: z.string().optional(),
  SMARTANT_KAFKA_PASSWORD: z.string().optional(),
} as const;

const kafkaObject = z.object(kafkaSettings);
export type KafkaSettings = z.output<typeof kafkaObject>;

/** The rules between Kafka's settings. A password is never sent in the clear. */
export function checkKafkaSettings(settings: Partial<KafkaSettings>, report: (name: string, message: string) => void): void {
  if (settings.SMARTANT_KAFKA_BROKERS?.length === 0) {
    report('SMARTANT_KAFKA_BROKERS', 'is not set: SMARTANT_BUS=kafka needs at least one host:port');
  }
  if (settings.SMARTANT_KAFKA_SASL === 'plain' && !settings.SMARTANT_KAFKA_TLS) {
    report('SMARTANT_KAFKA_TLS', 'is not true: SMARTANT_KAFKA_SASL=plain would send the password in the clear');
  }
  if (settings.SMARTANT_KAFKA_SASL !== undefined && settings.SMARTANT_KAFKA_SASL !== 'none') {
    for (const name of ['SMARTANT_KAFKA_USERNAME', 'SMARTANT_KAFKA_PASSWORD'] as const)
      if (settings[name] === undefined) report(name, 'is not set: SMARTANT_KAFKA_SASL asks for it');
  }
  const { SMARTANT_KAFKA_REPLICATION: copies, SMARTANT_KAFKA_MIN_INSYNC: inSync } = settings;
  if (copies !== undefined && inSync !== undefined && inSync > copies) {
    report('SMARTANT_KAFKA_MIN_INSYNC', 'is more than SMARTANT_KAFKA_REPLICATION: nothing could ever be published');
  }
}
