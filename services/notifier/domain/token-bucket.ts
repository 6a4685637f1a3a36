export interface Bucket {
  readonly capacity: number;
  readonly perSecond: number;
}

/**
 * A bucket by which no minute has more than so many messages, wherever it begins: what may go at once and what flows in during that minute
 * are the limit together. Null: no limit is known.
 */
export function bucketOf(messagesPerMinute: number): Bucket | null {
  if (messagesPerMinute <= 0) return null;
  if (messagesPerMinute < 2) return { capacity: 1, perSecond: messagesPerMinute / 60 };
  const capacity = Math.max(1, Math.floor(messagesPerMinute / 4));
  return { capacity, perSecond: (messagesPerMinute - capacity) / 60 };
}
