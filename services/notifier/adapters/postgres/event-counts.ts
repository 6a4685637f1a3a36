import type { Transaction } from '@smartant/platform/postgres';
import type { Sighting } from '../../watchers/findings/finding';

/** Stores the counts of records, and gives those that happened more often than was known, each with how much more. Only the leader writes them. */
export async function noteCounts(tx: Transaction, scope: string, sightings: readonly Sighting[], listId: number): Promise<Sighting[]> {
  const highest = new Map<string, Sighting>();
  for (const sighting of sightings) if (sighting.count >= (highest.get(sighting.uid)?.count ?? 0)) highest.set(sighting.uid, sighting);
  if (highest.size === 0) return [];
  const uids = [...highest.keys()];
  const known = await tx.query<{ uid: string; count: string }>('SELECT uid, count FROM watcher_event WHERE scope = $1 AND uid = ANY($2)', [
    scope,
    uids,
  ]);
  const before = new Map(known.map(({ uid, count }) => [uid, Number(count)]));
  await tx.query(
    `INSERT INTO watcher_event AS event (scope, uid, count, list_id)
     SELECT $1, uid, count, $4 FROM unnest($2::text[], $3::bigint[]) AS seen (uid, count) ORDER BY uid
     ON CONFLICT (scope, uid) DO UPDATE SET count = GREATEST(event.count, excluded.count), list_id = excluded.list_id`,
    [scope, uids, [...highest.values()].map(({ count }) => count), listId],
  );
  return [...highest.values()].flatMap((sighting) => {
    const more = sighting.count - (before.get(sighting.uid) ?? 0);
    return more > 0 && !sighting.silent ? [{ ...sighting, count: more }] : [];
  });
}
