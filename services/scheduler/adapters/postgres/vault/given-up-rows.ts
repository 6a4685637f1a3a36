import type { SqlExecutor } from '@smartant/platform/postgres';
import type { GivenUp, GivenUpStore } from '../../../application/ports/given-up-values';
import type { SealedValues } from '../../../application/ports/sealed-values';
import { sealedRegistry } from './sealed-registry';

const PAGE = 200;
/** Stands in the place of a sealed text that was given up. */
const NOTHING = '';

/** The second field of a sealed text. */
const keyIdOf = (sealed: string): string => sealed.split('.')[1] ?? '';

export class GivenUpRows implements GivenUpStore {
  constructor(private readonly tx: SqlExecutor) {}

  async giveUp(keyIds: readonly string[]): Promise<GivenUp> {
    const areas: GivenUp['areas'] = [];
    for (const area of sealedRegistry(this.tx)) {
      const values = await this.giveUpArea(area, new Set(keyIds));
      if (values > 0) areas.push({ name: area.name, values });
    }
    // A start makes a new one of each where there is none.
    await this.tx.query("DELETE FROM vault_secret WHERE sealed = ''");
    await this.tx.query("UPDATE report_key SET retired_at = clock_timestamp() WHERE sealed_private_key = '' AND retired_at IS NULL");
    await this.retireSigningKeys();
    const endpoints = await this.tx.query<GivenUp['endpoints'][number]>(
      `UPDATE endpoint SET needs_secret = true FROM endpoint_secret AS secret
       WHERE secret.endpoint_id = endpoint.id AND secret.sealed = '' AND NOT needs_secret
       RETURNING endpoint.id, endpoint.name, endpoint.workspace_id AS "workspaceId"`,
    );
    return { areas, endpoints };
  }

  async keyIds(): Promise<string[]> {
    const rows = await this.tx.query<{ key_id: string }>("SELECT DISTINCT split_part(sealed, '.', 2) AS key_id FROM vault_given_up");
    return rows.map(({ key_id }) => key_id);
  }

  async putBack(keyIds: readonly string[]): Promise<number> {
    const kept = await this.tx.query<{ area: string; id: string; sealed: string }>(
      "DELETE FROM vault_given_up WHERE split_part(sealed, '.', 2) = ANY($1) RETURNING area, id, sealed",
      [keyIds],
    );
    const areas = new Map(sealedRegistry(this.tx).map((area) => [area.name, area]));
    let values = 0;
    for (const { area, id, sealed } of kept) values += (await areas.get(area)?.replace(id, NOTHING, sealed)) ? 1 : 0;
    await this.tx.query(
      `UPDATE endpoint SET needs_secret = false FROM endpoint_secret AS secret
       WHERE secret.endpoint_id = endpoint.id AND secret.sealed <> '' AND needs_secret`,
    );
    return values;
  }

  private async giveUpArea(area: SealedValues, keyIds: ReadonlySet<string>): Promise<number> {
    let values = 0;
    let afterId: string | null = null;
    for (;;) {
      const page = await area.page(afterId, PAGE);
      for (const { id, sealed } of page) {
        if (!keyIds.has(keyIdOf(sealed)) || !(await area.replace(id, sealed, NOTHING))) continue;
        await this.tx.query(
          `INSERT INTO vault_given_up (area, id, sealed) VALUES ($1, $2, $3)
           ON CONFLICT (area, id) DO UPDATE SET sealed = excluded.sealed, given_up_at = clock_timestamp()`,
          [area.name, id, sealed],
        );
        values += 1;
      }
      afterId = page.at(-1)?.id ?? null;
      if (page.length < PAGE || afterId === null) return values;
    }
  }

  /** What they have signed is refused from now on, and sessions are renewed. One that was to follow takes their place at once. */
  private async retireSigningKeys(): Promise<void> {
    const retired = await this.tx.query(
      "UPDATE signing_key SET retires_at = now() WHERE sealed_private_key = '' AND (retires_at IS NULL OR retires_at > now()) RETURNING kid",
    );
    if (retired.length > 0)
      await this.tx.query("UPDATE signing_key SET activates_at = least(activates_at, now()) WHERE sealed_private_key <> ''");
  }
}
