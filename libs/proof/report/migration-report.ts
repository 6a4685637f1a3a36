/** https://in-toto.io/Statement/v1 */
export const IN_TOTO_STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
/** The DSSE payload type of in-toto statements. */
export const IN_TOTO_PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const REPORT_PREDICATE_TYPE = 'https://smartant.io/attestations/migration-report/v1';
/** Name of our root in a subject's digest set. */
export const ROOT_DIGEST_NAME = 'smartantInventoryRootV1';

/** What a migration report states. Times are ISO 8601, sizes are bytes. It holds no secret. */
export interface MigrationReport {
  migration: { id: string; name: string; workspaceId: string; kind: 'storage' | 'database' | 'host' };
  /** Where the data was, for humans: "s3://bucket/prefix at http://host:9000". */
  source: { description: string };
  target: { description: string };
  /** The scope as it was when the migration ended. */
  scope: object;
  phases: { phase: string; round: number; startedAt: string; finishedAt?: string; outcome?: string }[];
  /** From the freeze of the source to the opening of the target; null where no freeze was declared. */
  downtime: { frozenAt: string; openedAt: string; milliseconds: number } | null;
  /** The ledger's counters. */
  counts: Record<string, number>;
  skippedByReason: Record<string, number>;
  verification: ReportedVerification;
  /** Of a host; the objects of its verification are files. */
  host?: ReportedHost;
  /** Quarantined units that are open or waived. */
  failures: { unit: string; code: string; message: string; state: string }[];
  waivers: { unit: string; reason: string; actor: string; at: string }[];
  software: { name: string; version: string };
  issuedAt: string;
}

export interface ReportedVerification {
  level: 'content' | 'checksum' | 'inventory' | 'counts';
  equal: boolean;
  /** Declared frozen, and two consecutive inventories were identical. Otherwise everything holds as of `asOf`. */
  sourceFrozen: boolean;
  asOf: string;
  source: { objects: number; bytes: number; root: string; firstInventory: string; secondInventory: string };
  target: { objects: number; bytes: number; root: string };
  bucketCount: number;
  differenceCount: number;
  waivedCount: number;
  /** A bounded sample. */
  differences: { key: string; kind: string; detail: string; waived: boolean }[];
  /** Of a database; its objects are rows, and bytes are those of the rows that were digested. */
  database?: ReportedDatabase;
}

export interface ReportedHost {
  /** What the source was made of, in short. */
  inventory: object | null;
  /** What was seen of the target after its boot. */
  boot: {
    startedAt: string;
    answeredAfterMs: number | null;
    probes: { probe: string; passed: boolean; detail: string }[];
    actions: { name: string; passed: boolean; exitCode: number | null; output: string }[];
  } | null;
}

export interface ReportedDatabase {
  tables: number;
  sourceRows: number;
  targetRows: number;
  sequences: number;
  /** Indexes, constraints, triggers, views, functions and the like that both sides were asked for. */
  objects: number;
  /** The source's position, in its own notation, up to which everything was applied when it was compared. */
  frozenPosition: string;
  /** The key of the rows' hashes (docs/proof.md, "Rows of a database"). Absent in older reports; empty: rows were only counted. */
  seed?: string;
  /** `back`: of a rollback; the position is that of the target. Absent: forth. */
  direction?: 'forth' | 'back';
  /** What each table came to, by its name at the source; at most 5,000. Sums are whole numbers, too large for JSON's own. */
  digests?: { name: string; form: string; sourceRows: number; targetRows: number; sourceSum: string; targetSum: string }[];
}

export interface ReportStatement {
  _type: typeof IN_TOTO_STATEMENT_TYPE;
  subject: { name: string; digest: Record<string, string> }[];
  predicateType: typeof REPORT_PREDICATE_TYPE;
  predicate: MigrationReport;
}

/** Wraps a report as an in-toto statement whose subject is the target's inventory, named by its root. */
export function buildReportStatement(report: MigrationReport): ReportStatement {
  return {
    _type: IN_TOTO_STATEMENT_TYPE,
    subject: [{ name: report.target.description, digest: { [ROOT_DIGEST_NAME]: report.verification.target.root } }],
    predicateType: REPORT_PREDICATE_TYPE,
    predicate: report,
  };
}

/** `proved`: the target equals the source, or each difference was waived on the record. */
export function judgeReport(report: MigrationReport): 'proved' | 'differences' {
  const { source, target, equal, differenceCount, waivedCount } = report.verification;
  // What was waived is left out of both roots.
  return equal && source.root === target.root && differenceCount === waivedCount ? 'proved' : 'differences';
}

/** Statements of a report that cannot be true together; empty when it is sound. */
export function findContradictions(statement: ReportStatement): string[] {
  const { verification } = statement.predicate;
  const { source, target, equal, differenceCount, waivedCount, database } = verification;
  const found: string[] = [];
  if (waivedCount > differenceCount) found.push('more differences are waived than there are');
  if (equal && differenceCount > waivedCount) found.push('it says equal, and counts unexplained differences');
  if (equal) {
    if (source.root !== target.root) found.push('it says equal, and the roots differ');
    if (source.objects !== target.objects || source.bytes !== target.bytes) found.push('it says equal, and the totals differ');
    if (database && database.sourceRows !== database.targetRows) found.push('it says equal, and the numbers of rows differ');
    if (database?.digests?.some((table) => table.sourceRows !== table.targetRows || table.sourceSum !== table.targetSum))
      found.push('it says equal, and digests of tables differ');
  }
  if (statement.subject[0]?.digest[ROOT_DIGEST_NAME] !== target.root)
    found.push('its subject is another inventory than the one it describes');
  return found;
}
