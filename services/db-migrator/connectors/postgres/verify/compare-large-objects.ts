import type { PgSession } from '../session/pg-session';

/** What the large objects of a side come to. */
export interface LargeObjectDigest {
  objects: bigint;
  bytes: bigint;
  sum: bigint;
}

export interface ComparedLargeObjects {
  source: LargeObjectDigest;
  target: LargeObjectDigest;
  /** Oids, at most 1,000. */
  differing: { oid: string; kind: 'missing-at-target' | 'extra-at-target' | 'content' }[];
  differenceCount: number;
}

export interface LargeObjectComparison {
  source: PgSession;
  target: PgSession;
  migrationId: string;
  seed: string;
  /** Oids that were put aside. */
  excluded: ReadonlySet<string>;
  signal: AbortSignal;
}

const PAGE_OBJECTS = 256;
const CHUNK_BYTES = 256 * 1024;
const TOLD = 1_000;

/**
 * Compares large objects by their oids and contents, those of the source with the same at the target, and those that the migration brought there.
 * What the target has of its own is left aside. Each server hashes its own, a chunk at a time.
 */
export async function compareLargeObjects(options: LargeObjectComparison): Promise<ComparedLargeObjects> {
  const compared: ComparedLargeObjects = { source: nothing(), target: nothing(), differing: [], differenceCount: 0 };
  for (let after = '-1'; ;) {
    const page = await oidsAfter(options.source, SOURCE_PAGE, [after], options);
    await comparePage(page, options, compared);
    if (page.length < PAGE_OBJECTS) break;
    after = page.at(-1) ?? after;
  }
  for (let after = '-1'; ;) {
    const page = await oidsAfter(options.target, (await hasRecord(options)) ? OURS_PAGE : NO_PAGE, [after, options.migrationId], options);
    const there = new Set(
      await oidsAfter(options.source, 'SELECT oid FROM pg_largeobject_metadata WHERE oid = ANY($1::oid[])', [listOf(page)], options),
    );
    await comparePage(
      page.filter((oid) => !there.has(oid)),
      options,
      compared,
    );
    if (page.length < PAGE_OBJECTS) break;
    after = page.at(-1) ?? after;
  }
  return compared;
}

async function comparePage(oids: string[], options: LargeObjectComparison, compared: ComparedLargeObjects): Promise<void> {
  const wanted = oids.filter((oid) => !options.excluded.has(oid));
  if (wanted.length === 0) return;
  const [theirs, ours] = [await digests(options.source, wanted, options), await digests(options.target, wanted, options)];
  for (const oid of wanted) {
    const [one, other] = [theirs.get(oid), ours.get(oid)];
    if (one) addTo(compared.source, one);
    if (other) addTo(compared.target, other);
    if (one && other && one.sum === other.sum && one.bytes === other.bytes) continue;
    compared.differenceCount += 1;
    const kind = !other ? 'missing-at-target' : one ? 'content' : 'extra-at-target';
    if (compared.differing.length < TOLD) compared.differing.push({ oid, kind });
  }
}

async function digests(
  session: PgSession,
  oids: string[],
  { seed, signal }: LargeObjectComparison,
): Promise<Map<string, LargeObjectDigest>> {
  const rows = await session.query(contentSql(seed), [listOf(oids)], signal);
  return new Map(rows.map((row) => [row['oid'] ?? '', { objects: 1n, bytes: BigInt(row['bytes'] ?? 0), sum: BigInt(row['sum'] ?? 0) }]));
}

async function oidsAfter(session: PgSession, sql: string, parameters: string[], { signal }: LargeObjectComparison): Promise<string[]> {
  return (await session.query(sql, parameters, signal)).map((row) => row['oid'] ?? '');
}

async function hasRecord({ target, signal }: LargeObjectComparison): Promise<boolean> {
  const [row] = await target.query(`SELECT to_regclass('smartant.copied_large_object') IS NOT NULL AS is_there`, undefined, signal);
  return row?.['is_there'] === 't';
}

function addTo(into: LargeObjectDigest, { objects, bytes, sum }: LargeObjectDigest): void {
  into.objects += objects;
  into.bytes += bytes;
  into.sum += sum;
}

const nothing = (): LargeObjectDigest => ({ objects: 0n, bytes: 0n, sum: 0n });
const listOf = (oids: string[]) => `{${oids.join(',')}}`;

const SOURCE_PAGE = `SELECT oid FROM pg_largeobject_metadata WHERE oid::int8 > $1::int8 ORDER BY oid LIMIT ${PAGE_OBJECTS}`;
const OURS_PAGE = `SELECT c.oid FROM smartant.copied_large_object c JOIN pg_largeobject_metadata m USING (oid)
  WHERE c.oid::int8 > $1::int8 AND c.migration_id = $2 ORDER BY c.oid LIMIT ${PAGE_OBJECTS}`;
const NO_PAGE = `SELECT 0 AS oid WHERE $1::text IS NULL AND $2::text IS NULL`;

/** How long an object is, only its owner or a superuser may ask: it is read until a chunk is short. */
function contentSql(seed: string): string {
  const chunk = (at: string) => `lo_get(oid, ${at} * ${CHUNK_BYTES}, ${CHUNK_BYTES})`;
  return `WITH RECURSIVE chunk AS (
      SELECT oid, 0::int8 AS n, ${chunk('0')} AS bytes FROM pg_largeobject_metadata WHERE oid = ANY ($1::oid[])
      UNION ALL SELECT oid, n + 1, ${chunk('(n + 1)')} FROM chunk WHERE length(bytes) = ${CHUNK_BYTES})
    SELECT oid, sum(length(bytes)) AS bytes, sum(hash_array_extended(ARRAY[record_send(ROW(oid, n, bytes))], ${seed})) AS sum FROM chunk GROUP BY oid`;
}
