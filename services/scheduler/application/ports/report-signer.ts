import type { DsseEnvelope } from '../use-cases';

/** A new signing key pair. */
export interface ReportKeyPair {
  keyId: string;
  publicKeyPem: string;
  privateKeyPem: string;
}

/** Makes and signs reports. Pure computation. */
export interface ReportSigner {
  createKey(): ReportKeyPair;
  /** An in-toto statement over the report in a signed DSSE envelope. */
  sign(report: MigrationReport, privateKeyPem: string, keyId: string): DsseEnvelope;
}

export interface MigrationReport {
  migration: { id: string; name: string; workspaceId: string; kind: 'storage' };
  source: { description: string };
  target: { description: string };
  scope: object;
  phases: { phase: string; round: number; startedAt: string; finishedAt?: string; outcome?: string }[];
  /** Null where the source was not declared frozen. */
  downtime: { frozenAt: string; openedAt: string; milliseconds: number } | null;
  counts: Record<string, number>;
  skippedByReason: Record<string, number>;
  verification: {
    level: 'content' | 'checksum' | 'inventory';
    equal: boolean;
    sourceFrozen: boolean;
    asOf: string;
    source: { objects: number; bytes: number; root: string; firstInventory: string; secondInventory: string };
    target: { objects: number; bytes: number; root: string };
    bucketCount: number;
    differenceCount: number;
    waivedCount: number;
    differences: { key: string; kind: string; detail: string; waived: boolean }[];
  };
  failures: { unit: string; code: string; message: string; state: string }[];
  waivers: { unit: string; reason: string; actor: string; at: string }[];
  software: { name: string; version: string };
  issuedAt: string;
}
