import { SmartantError } from '@smartant/kernel';
import type { ConnectionGuard } from '@smartant/platform/egress';
import type { DatabaseEndpoint, DatabaseEngine } from '../application/ports/database-engine';
import { createPostgresEngine } from './postgres/postgres-engine';
import { openPgEndpoint } from './postgres/session/open-pg-endpoint';
import type { PgEndpoint } from './postgres/session/pg-session';

export interface NetworkPolicy {
  /** Judges every connection when it is made. */
  guard: ConnectionGuard;
  /** Whether Unix sockets of this machine may be named, as its loopback may. */
  sockets: boolean;
}

/** The one place that names the concrete engine. */
export function createDatabaseEngine({ guard, sockets }: NetworkPolicy): DatabaseEngine {
  const open = ({ location, secret }: DatabaseEndpoint): PgEndpoint => {
    if (location.host.startsWith('/') && !sockets) throw socketForbidden();
    return openPgEndpoint(location, { guard, secret });
  };
  return createPostgresEngine(open);
}

function socketForbidden(): SmartantError {
  return new SmartantError('EGRESS_FORBIDDEN', 'Sockets of the machine that the migrator runs on are not allowed.', {
    kind: 'forbidden',
    hint: "Name the server's address. An administrator can allow this machine with SMARTANT_EGRESS_ALLOW_LOOPBACK=true.",
  });
}
