import { Client, credentials, type status } from '@grpc/grpc-js';
import { plainCall } from '../mesh/plain-call';
import { GRPC_HOST } from './gateway-chart';
import type { Place } from './plain-request';

export const GET_MIGRATION = '/smartant.migration.v1.MigrationService/GetMigration';

/** One call from outside; over TLS, the certificate is checked. `host`: whom it is for. */
export async function callGrpc(place: Place, path: string, headers: Record<string, string>, host = GRPC_HOST): Promise<status> {
  const { tls } = place;
  const channel = tls ? credentials.createSsl(Buffer.from(tls.ca)) : credentials.createInsecure();
  const client = new Client(`${place.host}:${place.port}`, channel, {
    ...(tls && { 'grpc.ssl_target_name_override': tls.name }),
    'grpc.default_authority': host,
    'grpc.enable_retries': 0,
  });
  try {
    const { code } = await plainCall(client, path, headers, { deadline: Date.now() + 20_000 });
    return code;
  } finally {
    client.close();
  }
}
