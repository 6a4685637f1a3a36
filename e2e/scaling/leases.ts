import type { ReplicatedPlatform } from '../platform/replicated-platform';

/** How many shards each replica of a migrator holds, in ascending order; by the leases in its schema. */
export async function heldBy(platform: ReplicatedPlatform, schema: 'storage_migrator' | 'db_migrator'): Promise<number[]> {
  const rows = await platform.query<{ held: number }>(
    `SELECT count(*)::int AS held FROM ${schema}.shard WHERE state = 'leased' AND lease_until > clock_timestamp() GROUP BY worker_id ORDER BY 1`,
  );
  return rows.map(({ held }) => held);
}
