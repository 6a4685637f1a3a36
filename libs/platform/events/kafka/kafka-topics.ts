/** Where a topic's unhandled events go, of all groups; a header names the group. One partition, so that its end is one number. */
export const deadLetterTopic = (topic: string) => `${topic}.dead-letter`;

/** Events that one group handles once more. */
export const replayTopic = (topic: string, group: string) => `${topic}.replay.${group}`;

/**
 * A Kafka group a topic: kafkajs hands the partitions of all topics of a group to all its members, also to those who subscribed
 * to another topic.
 */
export const kafkaGroup = (topic: string, group: string) => `${group}.${topic}`;

export const DEAD_LETTER_RETENTION_MS = 30 * 86_400_000;
export const BROADCAST_RETENTION_MS = 60_000;
