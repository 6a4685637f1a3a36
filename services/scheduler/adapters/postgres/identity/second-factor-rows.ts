import type { SqlExecutor } from '@smartant/platform/postgres';
import type { SecondFactorRecord, SecondFactorStore } from '../../../application/identity/second-factor-store';

const FIND = `
  SELECT sealed_secret, confirmed_at,
    (SELECT count(*)::int FROM user_recovery_code AS code WHERE code.user_id = factor.user_id AND used_at IS NULL) AS codes_left
  FROM user_second_factor AS factor WHERE user_id = $1`;

/** A secret that was never confirmed gives way to the next one, whose steps begin anew. */
const BEGIN = `
  INSERT INTO user_second_factor AS factor (user_id, sealed_secret) VALUES ($1, $2)
  ON CONFLICT (user_id) DO UPDATE SET sealed_secret = $2, created_at = now(), last_step = -1
  WHERE factor.confirmed_at IS NULL RETURNING user_id`;

export class SecondFactorRows implements SecondFactorStore {
  constructor(private readonly sql: SqlExecutor) {}

  async find(userId: string): Promise<SecondFactorRecord | null> {
    const [row] = await this.sql.query<{ sealed_secret: string; confirmed_at: Date | null; codes_left: number }>(FIND, [userId]);
    if (!row) return null;
    return {
      sealedSecret: row.sealed_secret,
      confirmedAt: row.confirmed_at?.toISOString() ?? null,
      recoveryCodesLeft: row.codes_left,
    };
  }

  async begin(userId: string, sealedSecret: string): Promise<boolean> {
    return (await this.sql.query(BEGIN, [userId, sealedSecret])).length > 0;
  }

  async confirm(userId: string, sealedSecret: string, step: number, recoveryDigests: Buffer[]): Promise<boolean> {
    const confirmed = await this.sql.query(
      `UPDATE user_second_factor SET confirmed_at = now(), last_step = $3
       WHERE user_id = $1 AND sealed_secret = $2 AND confirmed_at IS NULL RETURNING user_id`,
      [userId, sealedSecret, step],
    );
    if (confirmed.length === 0) return false;
    await this.sql.query('INSERT INTO user_recovery_code (user_id, digest) SELECT $1, unnest($2::bytea[])', [userId, recoveryDigests]);
    return true;
  }

  async useStep(userId: string, step: number): Promise<boolean> {
    const used = await this.sql.query(
      'UPDATE user_second_factor SET last_step = $2 WHERE user_id = $1 AND last_step < $2 RETURNING user_id',
      [userId, step],
    );
    return used.length > 0;
  }

  async useRecoveryCode(userId: string, digest: Buffer): Promise<boolean> {
    const used = await this.sql.query(
      'UPDATE user_recovery_code SET used_at = now() WHERE user_id = $1 AND digest = $2 AND used_at IS NULL RETURNING user_id',
      [userId, digest],
    );
    return used.length > 0;
  }

  async remove(userId: string, enrolledBefore?: string): Promise<boolean> {
    const removed = await this.sql.query<{ confirmed_at: Date | null }>(
      `DELETE FROM user_second_factor WHERE user_id = $1 AND ($2::timestamptz IS NULL OR confirmed_at < $2) RETURNING confirmed_at`,
      [userId, enrolledBefore ?? null],
    );
    return removed.some(({ confirmed_at }) => confirmed_at !== null);
  }
}
