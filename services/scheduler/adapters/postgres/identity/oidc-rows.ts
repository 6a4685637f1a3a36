import type { SqlExecutor } from '@smartant/platform/postgres';
import type { OidcMapping } from '../../../application/identity/oidc-mapping';
import type { OidcFlow, OidcLink, OidcProvider, OidcResult, OidcStore, StoredOidcProvider } from '../../../application/identity/oidc-store';

interface ProviderRow {
  id: string;
  name: string;
  issuer: string;
  client_id: string;
  sealed_secret: string;
  scopes: string;
  mappings: OidcMapping[];
  link_verified_email: boolean;
  assume_second_factor: boolean;
  second_factor_acr: string[];
  created_at: Date;
}

export class OidcRows implements OidcStore {
  constructor(private readonly sql: SqlExecutor) {}

  async addProvider(provider: Omit<StoredOidcProvider, 'createdAt'>): Promise<boolean> {
    const { id, name, issuer, clientId, sealedSecret, scopes, linkVerifiedEmail, assumeSecondFactor, secondFactorAcr } = provider;
    const mappings = JSON.stringify(provider.mappings);
    const rows = await this.sql.query(
      `INSERT INTO oidc_provider (id, name, issuer, client_id, sealed_secret, scopes, mappings, link_verified_email, assume_second_factor, second_factor_acr)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (name) DO NOTHING RETURNING id`,
      [id, name, issuer, clientId, sealedSecret, scopes, mappings, linkVerifiedEmail, assumeSecondFactor, secondFactorAcr],
    );
    return rows.length > 0;
  }

  async listProviders(): Promise<OidcProvider[]> {
    return (await this.sql.query<ProviderRow>('SELECT * FROM oidc_provider ORDER BY name')).map(toProvider);
  }

  async providerByName(name: string): Promise<StoredOidcProvider | null> {
    const [row] = await this.sql.query<ProviderRow>('SELECT * FROM oidc_provider WHERE name = $1', [name]);
    return row ? { ...toProvider(row), sealedSecret: row.sealed_secret } : null;
  }

  async providerById(id: string): Promise<StoredOidcProvider | null> {
    const [row] = await this.sql.query<ProviderRow>('SELECT * FROM oidc_provider WHERE id = $1', [id]);
    return row ? { ...toProvider(row), sealedSecret: row.sealed_secret } : null;
  }

  async removeProvider(name: string): Promise<OidcProvider | null> {
    const [row] = await this.sql.query<ProviderRow>('DELETE FROM oidc_provider WHERE name = $1 RETURNING *', [name]);
    return row ? toProvider(row) : null;
  }

  async workspaceId(idOrName: string): Promise<string | null> {
    const [row] = await this.sql.query<{ id: string }>(
      'SELECT id FROM workspace WHERE id = $1 OR name = $1 ORDER BY id = $1 DESC LIMIT 1',
      [idOrName],
    );
    return row?.id ?? null;
  }

  async beginFlow(stateDigest: Buffer, { providerId, challenge, port }: OidcFlow, lifeSeconds: number): Promise<void> {
    await this.sql.query('DELETE FROM oidc_flow WHERE expires_at < now()');
    await this.sql.query(
      `INSERT INTO oidc_flow (state_digest, provider_id, challenge, port, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5::float8))`,
      // 0 for the console: older programs, which run beside newer ones while a release is replaced, know the column as never null.
      [stateDigest, providerId, challenge, port ?? 0, lifeSeconds],
    );
  }

  async takeFlow(stateDigest: Buffer): Promise<OidcFlow | null> {
    const [row] = await this.sql.query<{ provider_id: string; challenge: string; port: number }>(
      `UPDATE oidc_flow SET returned_at = now() WHERE state_digest = $1 AND returned_at IS NULL AND expires_at > now()
       RETURNING provider_id, challenge, port`,
      [stateDigest],
    );
    return row ? { providerId: row.provider_id, challenge: row.challenge, port: row.port || null } : null;
  }

  async keepTicket(stateDigest: Buffer, ticketDigest: Buffer, { userId, workspaceId, method, secondFactor }: OidcResult): Promise<void> {
    await this.sql.query(
      `UPDATE oidc_flow SET ticket_digest = $2, user_id = $3, workspace_id = $4, method = $5, second_factor = $6 WHERE state_digest = $1`,
      [stateDigest, ticketDigest, userId, workspaceId, method, secondFactor],
    );
  }

  async takeTicket(ticketDigest: Buffer): Promise<(OidcResult & { challenge: string }) | null> {
    const [row] = await this.sql.query<OidcResult & { challenge: string; alive: boolean }>(
      `DELETE FROM oidc_flow WHERE ticket_digest = $1
       RETURNING challenge, user_id AS "userId", workspace_id AS "workspaceId", method, second_factor AS "secondFactor",
         expires_at > now() AS alive`,
      [ticketDigest],
    );
    if (!row?.alive) return null;
    const { alive: _, ...taken } = row;
    return taken;
  }

  async findLink(issuer: string, subject: string): Promise<OidcLink | null> {
    const [row] = await this.sql.query<{ user_id: string; granted: string[] }>(
      'SELECT user_id, granted FROM oidc_link WHERE issuer = $1 AND subject = $2 FOR UPDATE',
      [issuer, subject],
    );
    return row ? { userId: row.user_id, granted: row.granted } : null;
  }

  async link(issuer: string, subject: string, userId: string): Promise<void> {
    await this.sql.query('INSERT INTO oidc_link (issuer, subject, user_id) VALUES ($1, $2, $3)', [issuer, subject, userId]);
  }

  async createUser({ id, username, passwordHash }: { id: string; username: string; passwordHash: string }): Promise<boolean> {
    const rows = await this.sql.query(
      'INSERT INTO app_user (id, username, password_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id',
      [id, username, passwordHash],
    );
    return rows.length > 0;
  }

  async userIdByName(username: string): Promise<string | null> {
    const [row] = await this.sql.query<{ id: string }>(
      `SELECT id FROM app_user AS person
       WHERE lower(username) = lower($1) AND NOT EXISTS (SELECT 1 FROM service_account WHERE service_account.user_id = person.id)`,
      [username],
    );
    return row?.id ?? null;
  }

  async setGranted(issuer: string, subject: string, granted: string[]): Promise<void> {
    await this.sql.query('UPDATE oidc_link SET granted = $3 WHERE issuer = $1 AND subject = $2', [issuer, subject, granted]);
  }
}

function toProvider(row: ProviderRow): OidcProvider {
  return {
    id: row.id,
    name: row.name,
    issuer: row.issuer,
    clientId: row.client_id,
    scopes: row.scopes,
    mappings: row.mappings,
    linkVerifiedEmail: row.link_verified_email,
    assumeSecondFactor: row.assume_second_factor,
    secondFactorAcr: row.second_factor_acr,
    createdAt: row.created_at.toISOString(),
  };
}
