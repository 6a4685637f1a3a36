import { SmartantError } from '@smartant/kernel';

/** A failure of kafkajs as EVENT_BUS_UNAVAILABLE; one of ours as it is. */
export function busError(error: unknown): SmartantError {
  if (error instanceof SmartantError) return error;
  return new SmartantError('EVENT_BUS_UNAVAILABLE', 'Kafka cannot be reached or refused the request.', {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: 'Check the brokers in SMARTANT_KAFKA_BROKERS, their health, and the rights of our user. Events wait in the outbox meanwhile.',
    cause: error,
  });
}

export async function asBusError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw busError(error);
  }
}
