import egress from '@smartant/platform/egress';
import endpoints from '../../../services/db-migrator/dist/connectors/postgres/session/open-pg-endpoint.js';

const guard = egress.createEgressGuard({ allowLoopback: true, allow: [], deny: [] });

/** The endpoint of a server's URL. */
export function endpointOf(url) {
  const { hostname, port, pathname, username, password } = new URL(url);
  const location = {
    kind: 'postgres',
    host: hostname,
    port: Number(port),
    database: pathname.slice(1),
    user: username,
    tlsMode: 'disable',
  };
  return endpoints.openPgEndpoint(location, { guard, secret: async () => ({ kind: 'password', password }) });
}
