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

/** Whether kafkajs holds it for something that another try may not meet again. */
export function mayPass(error: unknown): boolean {
  const { cause, retriable } = error as { cause?: { retriable?: boolean }; retriable?: boolean };
  return (cause?.retriable ?? retriable) === true;
}

export async function asBusError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw busError(error);
  }
}
