import { newId } from '@smartant/kernel';
import type { SqlExecutor } from '@smartant/platform/postgres';
import type { AuditActor, AuditFact, AuditStore } from '../../../application/ports/audit';

export class AuditRows implements AuditStore {
  constructor(private readonly sql: SqlExecutor) {}

  async append({ userId, origin }: AuditActor, fact: AuditFact): Promise<void> {
    const entry = { ...fact, actor: { userId, address: null, credential: null, traceId: null, ...origin } };
    await this.sql.query('INSERT INTO audit_pending (id, workspace_id, entry) VALUES ($1, $2, $3)', [
      newId('aud'),
      fact.workspaceId,
      JSON.stringify(entry),
    ]);
  }
}
