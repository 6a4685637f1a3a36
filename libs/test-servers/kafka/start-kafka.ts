import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { KafkaCluster } from './kafka-cluster';

export interface TestKafka {
  /** "host:port" of each broker. */
  brokers: string[];
  /** Says which it is, for the log of a test run. */
  description: string;
  /** Ends a broker of ours as a crash would; its data stays. `index` counts as in `brokers`. */
  kill(index?: number): Promise<void>;
  /** Starts a killed broker again, on its port and data; resolves when it listens. */
  start(index?: number): Promise<void>;
  /** Stops a broker of ours in the middle of whatever it does, connections open, until it is thawed. */
  freeze(index: number): void;
  thaw(index: number): void;
  /** Stops brokers that we started; leaves those that were given. */
  stop(): Promise<void>;
}

export interface StartKafkaOptions {
  /** Nodes of the cluster, each broker and controller; 1 when absent. Three or more survive the death of one. */
  brokers?: number;
  /** The test kills brokers, so those that were given are not good enough. */
  mayKill?: boolean;
  /** What clients are told to connect to instead of where a broker listens (both "host:port"): a proxy before it. */
  advertise?: (listens: string) => Promise<string>;
}

/** `SMARTANT_TEST_KAFKA_BROKERS` (comma list) names a running cluster to test against. */
function givenBrokers(): string[] {
  return (process.env.SMARTANT_TEST_KAFKA_BROKERS ?? '').split(',').flatMap((broker) => broker.trim() || []);
}

/** The newest provisioned `kafka-<version>` in the cache; undefined when there is none. */
function provisionedJars(): { version: string; lib: string } | undefined {
  const cache = process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant');
  const versions = (existsSync(cache) ? readdirSync(cache) : [])
    .flatMap((name) => /^kafka-(\d+(?:\.\d+)*)$/.exec(name)?.[1] ?? [])
    .filter((version) => existsSync(join(cache, `kafka-${version}`, 'lib')))
    .sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  const version = versions.at(-1);
  return version === undefined ? undefined : { version, lib: join(cache, `kafka-${version}`, 'lib') };
}

/** Null when a real broker can be had, else what is missing. */
export function whyNoKafka({ mayKill = false }: Pick<StartKafkaOptions, 'mayKill'> = {}): string | null {
  if (!mayKill && givenBrokers().length > 0) return null;
  if (!provisionedJars()) return 'no broker in the cache (npm run provision brings one) and SMARTANT_TEST_KAFKA_BROKERS is not set';
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'java is not installed';
  }
}

/** A real Kafka cluster (KRaft) on free ports of 127.0.0.1, in 8–15 s; or the given one. It dies with this process. */
export async function startKafka({ brokers = 1, mayKill = false, advertise }: StartKafkaOptions = {}): Promise<TestKafka> {
  const given = givenBrokers();
  if (!mayKill && !advertise && brokers === 1 && given.length > 0) return givenKafka(given);
  const jars = provisionedJars();
  if (!jars) throw new Error(whyNoKafka({ mayKill: true }) ?? 'no Kafka');
  const cluster = await KafkaCluster.start(jars.lib, brokers, advertise);
  return {
    brokers: cluster.brokers,
    description: `Kafka ${jars.version}`,
    kill: (index = 0) => cluster.killBroker(index),
    start: (index = 0) => cluster.startBroker(index),
    freeze: (index) => cluster.freezeBroker(index),
    thaw: (index) => cluster.thawBroker(index),
    stop: () => cluster.stop(),
  };
}

function givenKafka(brokers: string[]): TestKafka {
  const refuse = () => Promise.reject(new Error('a given broker is not killed'));
  const freeze = () => {
    throw new Error('a given broker is not frozen');
  };
  const description = `Kafka at ${brokers.join(', ')}`;
  return { brokers, description, kill: refuse, start: refuse, freeze, thaw: freeze, stop: async () => undefined };
}
