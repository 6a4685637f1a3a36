import type { KafkaJSProtocolError } from 'kafkajs';

const WAIT_MS = 15_000;
const AGAIN_MS = 100;
const NOT_YET = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE']);

/**
 * Does what fails as long as the broker that is asked has not heard of a new topic or of its leaders, again and again, for 15 s at most;
 * kafkajs asks any broker, and waits only for leaders. Raises what the broker last said.
 */
export async function whileUnknown<T>(work: () => Promise<T>): Promise<T> {
  for (const deadlineMs = performance.now() + WAIT_MS; ;) {
    try {
      return await work();
    } catch (error) {
      if (!NOT_YET.has((error as KafkaJSProtocolError).type) || performance.now() > deadlineMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
