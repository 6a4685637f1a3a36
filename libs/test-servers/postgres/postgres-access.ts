import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverUser } from './postgres-binaries';

/** How a test server takes connections, beside TCP on 127.0.0.1 with SCRAM, which is the default. */
export interface PostgresAccess {
  /** `cert`: a client certificate whose common name is the role; needs `tls`. `md5` also sets `password_encryption`, for roles made later. */
  method?: 'scram-sha-256' | 'md5' | 'cert' | 'trust';
  /** PEM; `ca` is what client certificates are checked with. */
  tls?: { cert: string; key: string; ca?: string };
  /** Refuses connections without TLS. */
  requireTls?: boolean;
  /** Also listens on a socket in this folder (a short path: at most 107 characters with the name). */
  socketFolder?: string;
  /** In place of the lines of pg_hba.conf that follow from the above. The superuser always comes in over TCP with its password. */
  hba?: string[];
}

/** Writes pg_hba.conf and certificates into the cluster in `folder`; returns the settings that go with them. */
export function configureAccess(folder: string, access: PostgresAccess | undefined): Record<string, string> {
  if (!access) return {};
  const { method = 'scram-sha-256', tls, socketFolder } = access;
  const data = join(folder, 'data');
  writeOwned(join(data, 'pg_hba.conf'), `${hbaLines(access, method).join('\n')}\n`);
  if (tls) {
    writeOwned(join(data, 'server.crt'), tls.cert);
    writeOwned(join(data, 'server.key'), tls.key);
    if (tls.ca) writeOwned(join(data, 'client-ca.crt'), tls.ca);
  }
  if (socketFolder) makeOwned(socketFolder);
  return {
    ...(tls ? { ssl: 'on', ...(tls.ca ? { ssl_ca_file: 'client-ca.crt' } : {}) } : {}),
    ...(method === 'md5' ? { password_encryption: 'md5' } : {}),
    ...(socketFolder ? { unix_socket_directories: socketFolder } : {}),
  };
}

function hbaLines({ requireTls, hba }: PostgresAccess, method: string): string[] {
  const superuser = ['host all postgres 127.0.0.1/32 scram-sha-256', 'host replication postgres 127.0.0.1/32 scram-sha-256'];
  if (hba) return [...superuser, ...hba];
  const type = requireTls || method === 'cert' ? 'hostssl' : 'host';
  return [
    ...(requireTls ? superuser.map((line) => line.replace('host ', 'hostssl ')) : superuser),
    `${type} all all 127.0.0.1/32 ${method}`,
    `${type} replication all 127.0.0.1/32 ${method}`,
    `local all all ${method === 'cert' ? 'scram-sha-256' : method}`,
  ];
}

function writeOwned(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  own(path);
}

function makeOwned(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  own(path);
}

function own(path: string): void {
  const { uid, gid } = serverUser();
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}
