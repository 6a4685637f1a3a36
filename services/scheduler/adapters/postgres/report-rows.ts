import type { Transaction } from '@smartant/platform/postgres';
import { IsNull } from 'typeorm';
import type { ReportKeyStore, ReportStore, Waiver, WaiverStore } from '../../application/ports/unit-of-work';
import type { DsseEnvelope } from '@smartant/proof';
import type { ReportKey } from '../../application/use-cases';
import { ReportKeyEntity, type ReportKeyRow } from './entities';

export class ReportRows implements ReportStore {
  constructor(private readonly tx: Transaction) {}

  async save(migrationId: string, envelope: DsseEnvelope): Promise<void> {
    await this.tx.query(
      `INSERT INTO report (migration_id, envelope) VALUES ($1, $2)
       ON CONFLICT (migration_id) DO UPDATE SET envelope = excluded.envelope, issued_at = now()`,
      [migrationId, JSON.stringify(envelope)],
    );
  }

  async find(migrationId: string): Promise<DsseEnvelope | null> {
    const [row] = await this.tx.query<{ envelope: DsseEnvelope }>('SELECT envelope FROM report WHERE migration_id = $1', [migrationId]);
    return row?.envelope ?? null;
  }
}

export class ReportKeyRows implements ReportKeyStore {
  constructor(private readonly tx: Transaction) {}

  async list(): Promise<ReportKey[]> {
    const rows = await this.tx.manager.getRepository(ReportKeyEntity).find({ order: { createdAt: 'DESC' } });
    return rows.map(toReportKey);
  }

  async current(): Promise<{ key: ReportKey; sealedPrivateKey: string } | null> {
    const row = await this.tx.manager.getRepository(ReportKeyEntity).findOneBy({ retiredAt: IsNull() });
    return row && { key: toReportKey(row), sealedPrivateKey: row.sealedPrivateKey };
  }

  /** Replicas may start together: the unique index on the current key lets one of them win. */
  async insertFirst(key: ReportKey, sealedPrivateKey: string): Promise<void> {
    await this.tx.query(
      `INSERT INTO report_key (key_id, public_key_pem, sealed_private_key, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
      [key.keyId, key.publicKeyPem, sealedPrivateKey, key.createdAt],
    );
  }
}

function toReportKey(row: ReportKeyRow): ReportKey {
  const { keyId, publicKeyPem, createdAt, retiredAt } = row;
  return { keyId, publicKeyPem, createdAt: createdAt.toISOString(), retiredAt: retiredAt?.toISOString() ?? null };
}

/** A unit is an object's key, which may hold U+0000: stored as a JSON string, since `text` refuses it. */
export class WaiverRows implements WaiverStore {
  constructor(private readonly tx: Transaction) {}

  async insert(waivers: Waiver[]): Promise<void> {
    for (const { migrationId, failureId, unit, reason, actor, at } of waivers) {
      await this.tx.query(
        'INSERT INTO waiver (migration_id, failure_id, unit, reason, actor, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING',
        [migrationId, failureId, JSON.stringify(unit), reason, actor, at],
      );
    }
  }

  async list(migrationId: string): Promise<Waiver[]> {
    const rows = await this.tx.query<{ failure_id: string; unit: string; reason: string; actor: string; at: Date }>(
      'SELECT failure_id, unit, reason, actor, at FROM waiver WHERE migration_id = $1 ORDER BY at, failure_id',
      [migrationId],
    );
    return rows.map(({ failure_id, unit, reason, actor, at }) => ({
      migrationId,
      failureId: failure_id,
      unit,
      reason,
      actor,
      at: at.toISOString(),
    }));
  }
}
