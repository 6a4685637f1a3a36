import testServers from '@smartant/test-servers';

const { startKafka, startPostgres, whyNoKafka } = testServers;
export { whyNoKafka };

/** A PostgreSQL and a Kafka broker that end with this process. */
export async function startServers() {
  const postgres = await startPostgres();
  const kafka = whyNoKafka() === null ? await startKafka() : undefined;
  return { postgres, kafka };
}
