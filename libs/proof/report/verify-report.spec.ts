import { signEnvelope } from './dsse';
import {
  buildReportStatement,
  IN_TOTO_PAYLOAD_TYPE,
  judgeReport,
  type MigrationReport,
  type ReportedVerification,
} from './migration-report';
import { createReportKey, keyIdOf } from './report-key';
import { signReport } from './sign-report';
import { verifyReport } from './verify-report';

const root = 'ab'.repeat(32);
const key = createReportKey();

const report = (changes: Partial<ReportedVerification> = {}): MigrationReport => ({
  migration: { id: 'mig_1', name: 'photos', workspaceId: 'ws_1', kind: 'storage' },
  source: { description: 'file root photos' },
  target: { description: 's3://photos at http://127.0.0.1:9000' },
  scope: {},
  phases: [],
  downtime: null,
  counts: {},
  skippedByReason: {},
  verification: {
    level: 'content',
    equal: true,
    sourceFrozen: true,
    asOf: '2026-11-23T00:00:00.000Z',
    source: { objects: 2, bytes: 3, root, firstInventory: root, secondInventory: root },
    target: { objects: 2, bytes: 3, root },
    bucketCount: 64,
    differenceCount: 0,
    waivedCount: 0,
    differences: [],
    ...changes,
  },
  failures: [],
  waivers: [],
  software: { name: 'SmartAnt', version: '0.1.0' },
  issuedAt: '2026-11-23T00:00:01.000Z',
});

const sign = (statement: unknown, type = IN_TOTO_PAYLOAD_TYPE) =>
  signEnvelope(type, Buffer.from(typeof statement === 'string' ? statement : JSON.stringify(statement)), key.privateKeyPem, key.keyId);

const codeOf = (envelope: unknown, publicKeyPem = key.publicKeyPem): string => {
  try {
    verifyReport(envelope, publicKeyPem);
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('verifyReport', () => {
  const envelope = signReport(buildReportStatement(report()), key.privateKeyPem, key.keyId);

  it('gives back what was signed', () => {
    const read = verifyReport(JSON.parse(JSON.stringify(envelope)), key.publicKeyPem);
    expect(read).toEqual({ statement: buildReportStatement(report()), keyId: key.keyId });
    expect(keyIdOf(key.publicKeyPem)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('refuses a changed payload', () => {
    const changed = Buffer.from(envelope.payload, 'base64').toString().replace('"bytes":3', '"bytes":4');
    expect(codeOf({ ...envelope, payload: Buffer.from(changed).toString('base64') })).toBe('PROOF_SIGNATURE_INVALID');
  });

  it('refuses a report of a database that says equal and counts different rows', () => {
    const database = { tables: 1, sourceRows: 2, targetRows: 2, sequences: 0, objects: 0, frozenPosition: '0/1' };
    expect(codeOf(sign(buildReportStatement(report({ level: 'counts', database }))))).toBe('accepted');
    expect(codeOf(sign(buildReportStatement(report({ database: { ...database, targetRows: 1 } }))))).toBe('PROOF_REPORT_CONTRADICTORY');
  });

  it('refuses a damaged signature', () => {
    const sig = Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64');
    sig[0] = (sig[0] ?? 0) ^ 1;
    expect(codeOf({ ...envelope, signatures: [{ keyid: key.keyId, sig: sig.toString('base64') }] })).toBe('PROOF_SIGNATURE_INVALID');
  });

  it('refuses a key that is not the pinned one, also one that claims its id', () => {
    const other = createReportKey();
    expect(codeOf(envelope, other.publicKeyPem)).toBe('PROOF_KEY_UNKNOWN');
    const posing = signReport(buildReportStatement(report()), other.privateKeyPem, key.keyId);
    expect(codeOf(posing)).toBe('PROOF_SIGNATURE_INVALID');
  });

  it('refuses another payload type, even when it is signed', () => {
    expect(codeOf({ ...envelope, payloadType: 'application/json' })).toBe('PROOF_PAYLOAD_TYPE_UNKNOWN');
    expect(codeOf(sign(buildReportStatement(report()), 'application/json'))).toBe('PROOF_PAYLOAD_TYPE_UNKNOWN');
  });

  it('refuses an unknown predicate', () => {
    expect(codeOf(sign({ ...buildReportStatement(report()), predicateType: 'https://slsa.dev/provenance/v1' }))).toBe(
      'PROOF_PREDICATE_UNKNOWN',
    );
    expect(codeOf(sign('null'))).toBe('PROOF_PREDICATE_UNKNOWN');
  });

  it.each([
    ['nothing', null],
    ['no signatures', { ...envelope, signatures: [] }],
    ['payload that is not base64', { ...envelope, payload: '%%%' }],
    ['a payload that is not JSON', sign('{')],
    ['a statement without a verification', sign({ ...buildReportStatement(report()), predicate: {} })],
    ['counts that are not numbers', sign(buildReportStatement(report({ differenceCount: '0' as unknown as number })))],
  ])('refuses a malformed report: %s', (_, bad) => {
    expect(codeOf(bad)).toBe('PROOF_ENVELOPE_MALFORMED');
  });

  it.each<[string, Partial<ReportedVerification>]>([
    ['two roots', { source: { ...report().verification.source, root: 'cd'.repeat(32) } }],
    ['two totals', { source: { ...report().verification.source, objects: 9 } }],
    ['unexplained differences', { differenceCount: 2, waivedCount: 1 }],
    ['more waivers than differences', { differenceCount: 1, waivedCount: 2 }],
  ])('refuses a signed report that says equal with %s', (_, changes) => {
    expect(codeOf(sign(buildReportStatement(report(changes))))).toBe('PROOF_REPORT_CONTRADICTORY');
  });

  it('refuses a report about another inventory than its subject', () => {
    const statement = buildReportStatement(report());
    expect(codeOf(sign({ ...statement, subject: [{ name: 'x', digest: { smartantInventoryRootV1: 'cd'.repeat(32) } }] }))).toBe(
      'PROOF_REPORT_CONTRADICTORY',
    );
  });

  it('refuses keys that are not Ed25519 public keys, and repeats nothing of them', () => {
    for (const bad of ['', 'x', key.privateKeyPem]) expect(codeOf(envelope, bad)).toBe('PROOF_KEY_UNREADABLE');
    expect(() => verifyReport(envelope, key.privateKeyPem)).toThrow(/private key\.$/);
  });
});

describe('judgeReport', () => {
  it('is proved when equal, or when each difference is waived', () => {
    expect(judgeReport(report())).toBe('proved');
    expect(judgeReport(report({ differenceCount: 2, waivedCount: 2 }))).toBe('proved');
    expect(judgeReport(report({ equal: false, differenceCount: 2, waivedCount: 2 }))).toBe('differences');
    expect(judgeReport(report({ equal: false, differenceCount: 2, waivedCount: 1 }))).toBe('differences');
    expect(judgeReport(report({ equal: false }))).toBe('differences');
  });
});
