import { sha256 } from '../canonical-encoding';
import { canonicalJson } from './canonical-json';

/** What an entry of the audit trail says. It is hashed as canonical JSON, so that nothing of it can be changed unnoticed. */
export interface AuditEntry {
  /** Of this form of entries. */
  v: 1;
  /** `aud_…`: given when the change was made. */
  id: string;
  /** A workspace's id, or `platform`. */
  chain: string;
  /** From 1, without gaps. */
  seq: number;
  /** ISO 8601, on the database's clock. Not in the order of `seq` where transactions overlapped. */
  at: string;
  workspaceId: string | null;
  action: string;
  target: { kind: string; id: string; name: string | null };
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  outcome: 'done' | 'refused';
  code: string | null;
  actor: { userId: string; address: string | null; credential: string | null; traceId: string | null };
}

/** An entry in its chain. Hashes are 64 hexadecimal digits. */
export interface SealedEntry {
  entry: AuditEntry;
  previousHash: string;
  hash: string;
}

/** The end of a chain: its newest entry. */
export interface ChainHead {
  chain: string;
  /** 0: the chain has no entry. */
  seq: number;
  hash: string;
}

/** Chain of what concerns the platform as a whole; each workspace has one of its own, named by the workspace's id. */
export const PLATFORM_CHAIN = 'platform';

/** What the first entry of each chain follows. The chain's name is in the entry itself. */
export const GENESIS_HASH = '0'.repeat(64);

/** SHA-256(previous hash, as 32 bytes || the entry's canonical JSON in UTF-8). */
export function auditHash(previousHash: string, canonicalEntry: string): string {
  return sha256(Buffer.concat([Buffer.from(previousHash, 'hex'), Buffer.from(canonicalEntry, 'utf8')])).toString('hex');
}

/** Puts an entry behind a head. */
export function sealEntry(previousHash: string, entry: AuditEntry): SealedEntry {
  return { entry, previousHash, hash: auditHash(previousHash, canonicalJson(entry)) };
}
