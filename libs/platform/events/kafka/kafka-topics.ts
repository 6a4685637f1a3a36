import { ConfigResourceTypes, type Admin } from 'kafkajs';
import type { EventLogger } from '../event-bus';
import { shortcomings, topicSettings, type FoundTopic, type TopicDefaults, type TopicKind } from './topic-settings';
import { whileUnknown } from './while-unknown';

/** Where a topic's unhandled events go, of all groups; a header names the group. One partition, so that its end is one number. */
export const deadLetterTopic = (topic: string) => `${topic}.dead-letter`;

/** Events that one group handles once more. */
export const replayTopic = (topic: string, group: string) => `${topic}.replay.${group}`;

/**
 * A Kafka group a topic: kafkajs hands the partitions of all topics of a group to all its members, also to those who subscribed
 * to another topic.
 */
export const kafkaGroup = (topic: string, group: string) => `${group}.${topic}`;

/** The cluster's topics as far as this process uses them: made on first use, looked at once, never changed. */
export class KafkaTopics {
  private readonly known = new Map<string, Promise<void>>();
  private readonly found = new Map<string, string[]>();

  constructor(
    private readonly admin: () => Promise<Admin>,
    private readonly defaults: TopicDefaults,
    private readonly logger: EventLogger,
  ) {}

  /** Makes a topic that is absent. A cluster that lets only its operators make topics must have it already. */
  ensure(topic: string, kind: TopicKind): Promise<void> {
    let ensured = this.known.get(topic);
    if (!ensured) {
      ensured = this.makeAndLook(topic, kind);
      this.known.set(topic, ensured);
      ensured.catch(() => this.known.delete(topic));
    }
    return ensured;
  }

  /** How topics fall short of what they should be, for an operator; one sentence each. */
  concerns(): string[] {
    return [...this.found].flatMap(([topic, said]) => said.map((each) => `topic ${topic}: ${each}`));
  }

  private async makeAndLook(topic: string, kind: TopicKind): Promise<void> {
    const admin = await this.admin();
    const { partitions, replicationFactor, config } = topicSettings(kind, this.defaults);
    if (!(await admin.listTopics()).includes(topic)) {
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: partitions, replicationFactor, configEntries }] });
    }
    await whileUnknown(() => admin.fetchTopicMetadata({ topics: [topic] }));
    await this.look(admin, topic, kind);
  }

  /** A cluster may let us write to a topic and not read its settings. */
  private async look(admin: Admin, topic: string, kind: TopicKind): Promise<void> {
    const said = await describe(admin, topic).then(
      (topicFound) => shortcomings(topicSettings(kind, this.defaults), topicFound),
      (error: unknown) => [`its settings cannot be read (${error instanceof Error ? error.message : String(error)})`],
    );
    this.found.set(topic, said);
    if (said.length > 0) this.logger.warn({ topic, concerns: said }, 'a Kafka topic is not as it should be');
  }
}

async function describe(admin: Admin, topic: string): Promise<FoundTopic> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
  });
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics[0]?.partitions ?? [];
  return {
    partitions: partitions.length,
    replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    config: Object.fromEntries((resources[0]?.configEntries ?? []).map(({ configName, configValue }) => [configName, configValue])),
  };
}
