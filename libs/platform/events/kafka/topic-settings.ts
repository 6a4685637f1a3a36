/** What a topic of ours is like. */
export interface TopicSettings {
  partitions: number;
  /** -1: the cluster's default. */
  replicationFactor: number;
  /** Of the topic's configuration; https://kafka.apache.org/documentation/#topicconfigs */
  config: Readonly<Record<string, string>>;
}

export type TopicKind = 'facts' | 'dead-letter' | 'broadcast';

/** What the operator decides about all topics. */
export interface TopicDefaults {
  partitions: number;
  replicationFactor: number;
  minInSync?: number;
}

const DAY_MS = 86_400_000;
const RETENTION_MS: Record<TopicKind, number> = { facts: 7 * DAY_MS, 'dead-letter': 30 * DAY_MS, broadcast: 60_000 };
/** The default of brokers, said aloud: MAX_EVENT_BYTES and the envelope fit in, whatever a cluster's default is. */
const MAX_MESSAGE_BYTES = 1_048_588;

/**
 * The settings with which a topic is made. Dead letters and broadcasts have one partition: the end of the former is then one number, and
 * the latter have no order to keep.
 */
export function topicSettings(kind: TopicKind, { partitions, replicationFactor, minInSync }: TopicDefaults): TopicSettings {
  const durable = kind !== 'broadcast';
  return {
    partitions: kind === 'facts' ? partitions : 1,
    replicationFactor,
    config: {
      'cleanup.policy': 'delete',
      'retention.ms': String(RETENTION_MS[kind]),
      'max.message.bytes': String(MAX_MESSAGE_BYTES),
      // A replica that lags must not become leader: it would take back what was acknowledged.
      ...(durable ? { 'unclean.leader.election.enable': 'false' } : {}),
      ...(durable && minInSync !== undefined ? { 'min.insync.replicas': String(minInSync) } : {}),
    },
  };
}

/** What a topic of the cluster is like. */
export interface FoundTopic {
  partitions: number;
  replicationFactor: number;
  config: Readonly<Record<string, string>>;
}

/** More of these does no harm. */
const AT_LEAST = new Set(['retention.ms', 'max.message.bytes', 'min.insync.replicas']);
const UNLIMITED = -1;

/**
 * How a topic falls short of its settings, one sentence each; empty when it does not. A topic that somebody else made is reported and
 * never changed: its settings may be meant.
 */
export function shortcomings(wanted: TopicSettings, found: FoundTopic): string[] {
  const differing = Object.entries(wanted.config)
    .filter(([name, value]) => !satisfies(name, value, found.config[name]))
    .map(([name, value]) => `${name} is ${found.config[name] ?? 'unknown'}, ${AT_LEAST.has(name) ? 'at least ' : ''}${value} is expected`);
  if (found.partitions < wanted.partitions) differing.push(`it has ${found.partitions} partitions, ${wanted.partitions} are expected`);
  if (found.replicationFactor < wanted.replicationFactor)
    differing.push(`it has ${found.replicationFactor} replicas, ${wanted.replicationFactor} are expected`);
  return differing;
}

function satisfies(name: string, wanted: string, found: string | undefined): boolean {
  if (found === undefined || !AT_LEAST.has(name)) return found === wanted;
  return Number(found) >= Number(wanted) || (name === 'retention.ms' && Number(found) === UNLIMITED);
}
