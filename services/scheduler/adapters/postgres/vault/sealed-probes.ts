import type { SqlExecutor } from '@smartant/platform/postgres';
import type { KeyCount, SealedValue, SealedValues } from '../../../application/ports/sealed-values';
import { endpointContext } from '../../../application/ports/vault';
import { countKeys } from './sealed-column';

/** One row a sealed secret of an open probe; its id is that of the probe and of the endpoint. */
const SECRETS = `SELECT probe.id || '/' || (endpoint->>'id') AS id, probe.workspace_id, endpoint->>'id' AS endpoint_id, endpoint->>'sealed' AS sealed
  FROM probe, json_array_elements(probe.endpoints) AS endpoint WHERE endpoint->>'sealed' IS NOT NULL`;

/** Secrets that were given for one precheck and are not kept: they are gone within minutes, but a call may need them until then. */
export class SealedProbes implements SealedValues {
  readonly name = 'secrets of prechecks';

  constructor(private readonly sql: SqlExecutor) {}

  async page(afterId: string | null, limit: number): Promise<SealedValue[]> {
    const rows = await this.sql.query<{ id: string; workspace_id: string; endpoint_id: string; sealed: string }>(
      `SELECT * FROM (${SECRETS}) AS secret WHERE $1::text IS NULL OR id > $1::text ORDER BY id LIMIT $2`,
      [afterId, limit],
    );
    return rows.map(({ id, workspace_id, endpoint_id, sealed }) => ({ id, context: endpointContext(workspace_id, endpoint_id), sealed }));
  }

  /** A sealed text has no character that JSON escapes, so it can be found and replaced in the text of the array. */
  async replace(id: string, before: string, after: string): Promise<boolean> {
    const changed = await this.sql.query(
      `UPDATE probe SET endpoints = replace(endpoints::text, $2, $3)::json
       WHERE id = split_part($1, '/', 1) AND strpos(endpoints::text, $2) > 0 RETURNING id`,
      [id, before, after],
    );
    return changed.length > 0;
  }

  countByKey(): Promise<KeyCount[]> {
    return countKeys(this.sql, SECRETS);
  }
}
