import type { SqlExecutor } from '@smartant/platform/postgres';
import type { VaultSecretStore } from '../../../application/vault/fingerprint-key';

export class VaultSecretRows implements VaultSecretStore {
  constructor(private readonly sql: SqlExecutor) {}

  async find(name: string): Promise<string | null> {
    const [row] = await this.sql.query<{ sealed: string }>('SELECT sealed FROM vault_secret WHERE name = $1', [name]);
    return row?.sealed ?? null;
  }

  async insertFirst(name: string, sealed: string): Promise<void> {
    await this.sql.query('INSERT INTO vault_secret (name, sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING', [name, sealed]);
  }
}
