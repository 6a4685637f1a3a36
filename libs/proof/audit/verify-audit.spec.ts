import { createReportKey } from '../report/report-key';
import { GENESIS_HASH, sealEntry, type AuditEntry, type ChainHead, type SealedEntry } from './audit-entry';
import { AUDIT_FORMAT, auditLine } from './audit-record';
import { readAuditStatement, signAuditStatement, type AuditStatement } from './audit-statement';
import { AuditVerifier } from './verify-audit';

const key = createReportKey();
const AT = '2026-11-28T10:00:00.000Z';

const entryAt = (chain: string, seq: number, changes: Partial<AuditEntry> = {}): AuditEntry => ({
  v: 1,
  id: `aud_${chain}_${seq}`,
  chain,
  seq,
  at: AT,
  workspaceId: chain,
  action: 'endpoint.create',
  target: { kind: 'endpoint', id: `ep_${seq}`, name: `endpoint "${seq}"` },
  before: null,
  after: { location: { kind: 'file', root: 'data' }, size: seq * 1.5 },
  outcome: 'done',
  code: null,
  actor: { userId: 'usr_1', address: '192.0.2.1', credential: 'password', traceId: null },
  ...changes,
});

function chainOf(chain: string, length: number, from: ChainHead = { chain, seq: 0, hash: GENESIS_HASH }): SealedEntry[] {
  const sealed: SealedEntry[] = [];
  for (let seq = from.seq + 1; seq <= length; seq += 1) sealed.push(sealEntry(sealed.at(-1)?.hash ?? from.hash, entryAt(chain, seq)));
  return sealed;
}

const headOf = (entries: SealedEntry[]): ChainHead => {
  const { entry, hash } = entries.at(-1)!;
  return { chain: entry.chain, seq: entry.seq, hash };
};
const sign = (statement: AuditStatement, by = key) =>
  auditLine({ kind: 'statement', envelope: signAuditStatement(statement, by.privateKeyPem, by.keyId) });
const statement = (type: AuditStatement['type'], ...heads: ChainHead[]): AuditStatement => ({
  type,
  at: AT,
  scope: heads.length === 1 ? heads[0]!.chain : null,
  heads,
});
const header = auditLine({ kind: 'header', format: AUDIT_FORMAT });
const entryLine = (sealed: SealedEntry) => auditLine({ kind: 'entry', ...sealed });

/** An export with a checkpoint behind its third entry. */
function exported(entries: SealedEntry[]): string[] {
  const lines = entries.map(entryLine);
  return [
    header,
    ...lines.slice(0, 3),
    sign(statement('checkpoint', headOf(entries.slice(0, 3)))),
    ...lines.slice(3),
    sign(statement('export', headOf(entries))),
  ];
}

function check(lines: string[], kept: AuditStatement[] = [], keys = [key.publicKeyPem]) {
  const verifier = new AuditVerifier(keys, kept);
  for (const line of lines) verifier.line(line);
  return verifier.verdict();
}
const kinds = (lines: string[], kept: AuditStatement[] = []) => check(lines, kept).differences.map(({ kind }) => kind);

const entries = chainOf('ws_1', 12);
const lines = exported(entries);

it('accepts what was exported', () => {
  expect(check(lines)).toMatchObject({
    whole: true,
    entries: 12,
    statements: 2,
    exportedAt: AT,
    differences: [],
    chains: [{ chain: 'ws_1', firstSeq: 1, lastSeq: 12 }],
  });
});

describe('any single change is noticed', () => {
  it('of any byte', () => {
    for (const [at, line] of lines.entries()) {
      // Each place of a line in turn would take minutes with a signature each; this many meet all fields of all lines.
      for (let place = at % 31; place < line.length; place += 31) {
        const other = line[place] === 'a' ? 'b' : 'a';
        const changed = lines.with(at, line.slice(0, place) + other + line.slice(place + 1));
        expect([at, place, check(changed).whole]).toEqual([at, place, false]);
      }
    }
  });

  it('of any line: left out, doubled, or in another place', () => {
    for (let at = 0; at < lines.length; at += 1) {
      expect([at, 'out', check(lines.toSpliced(at, 1)).whole]).toEqual([at, 'out', at === 4]);
      expect([at, 'twice', check(lines.toSpliced(at, 0, lines[at]!)).whole]).toEqual([at, 'twice', at === 4 || at === lines.length - 1]);
      for (let to = 0; to < lines.length; to += 1) {
        if (to === at) continue;
        expect([at, to, check(lines.toSpliced(at, 1).toSpliced(to, 0, lines[at]!)).whole]).toEqual([at, to, false]);
      }
    }
  });

  it('of what an entry says, even where its own hash was made anew', () => {
    for (const [index, { entry, previousHash }] of entries.entries()) {
      const forged = sealEntry(previousHash, { ...entry, actor: { ...entry.actor, userId: 'usr_other' } });
      expect(check(exported(entries).with(index + (index < 3 ? 1 : 2), entryLine(forged))).whole).toBe(false);
    }
  });
});

it('names what is wrong, and where', () => {
  expect(check(lines.toSpliced(7, 2)).differences).toEqual([{ kind: 'missing', line: 8, chain: 'ws_1', seq: 6 }]);
  expect(kinds(lines.slice(0, 8))).toEqual(['unclosed']);
  expect(kinds(lines.with(2, '{}'))).toEqual(['unreadable', 'missing']);
  expect(kinds([header, ...lines.slice(2)])).toEqual(['begins-late']);
  expect(kinds([...lines.slice(0, -2), lines.at(-1)!])).toEqual(['cut-off']);
  // The same fields in another order would be read alike by most tools, and twice the same name would not.
  expect(kinds(lines.with(1, lines[1]!.replace('{"entry"', '{"kind":"entry","entry"')))).toContain('unreadable');
});

it('does not believe statements of others', () => {
  const other = createReportKey();
  const forged = [...lines.slice(0, -1), sign(statement('export', headOf(entries)), other)];
  expect(kinds(forged)).toEqual(['untrusted', 'unclosed']);
  expect(check(forged, [], [key.publicKeyPem, other.publicKeyPem]).whole).toBe(true);
  expect(() => readAuditStatement({ payloadType: 'application/vnd.in-toto+json' }, [key.publicKeyPem])).toThrow('cannot be relied on');
});

it('notices entries that the signed end does not cover, also of another chain', () => {
  const smuggled = chainOf('ws_2', 2).map(entryLine);
  expect(kinds([...lines.slice(0, -1), ...smuggled, lines.at(-1)!])).toEqual(['unsigned']);
  const longer = chainOf('ws_1', 13).map(entryLine).at(-1)!;
  expect(kinds([...lines.slice(0, -1), longer, lines.at(-1)!])).toEqual(['unsigned']);
});

describe('what was kept from earlier', () => {
  const kept = statement('checkpoint', headOf(entries.slice(0, 8)));

  it('shows that a chain was rewritten as a whole, or cut off', () => {
    expect(check(lines, [kept])).toMatchObject({ whole: true, statements: 3 });
    const forgery = chainOf('ws_1', 12).slice(0, 4);
    for (let seq = 5; seq <= 12; seq += 1)
      forgery.push(sealEntry(forgery.at(-1)!.hash, entryAt('ws_1', seq, { action: 'nothing.happened' })));
    expect(kinds(exported(forgery))).toEqual([]);
    expect(kinds(exported(forgery), [kept])).toEqual(['rewritten']);
    expect(kinds(exported(entries.slice(0, 6)), [kept])).toEqual(['cut-off']);
    expect(kinds([header, sign({ ...statement('export'), scope: null })], [kept])).toEqual(['cut-off']);
  });

  it('lets an export begin behind it', () => {
    const rest = [header, ...entries.slice(8).map(entryLine), sign(statement('export', headOf(entries)))];
    expect(kinds(rest)).toEqual(['begins-late']);
    expect(check(rest, [kept])).toMatchObject({ whole: true, entries: 4 });
    const nothingNew = [header, sign(statement('export', headOf(entries.slice(0, 8))))];
    expect(check(nothingNew, [kept])).toMatchObject({ whole: true, entries: 0 });
  });

  it('contradicts itself where a chain had two histories', () => {
    expect(kinds(lines, [kept, { ...kept, heads: [{ ...kept.heads[0]!, hash: 'ab'.repeat(32) }] }])).toContain('rewritten');
  });
});

it('accepts that old entries were removed where that is signed, and nowhere else', () => {
  const anchor = headOf(entries.slice(0, 5));
  const rest = entries.slice(5).map(entryLine);
  const end = sign(statement('export', headOf(entries)));
  expect(check([header, sign(statement('anchor', anchor)), ...rest, end])).toMatchObject({ whole: true, entries: 7 });
  expect(kinds([header, ...rest, end])).toEqual(['begins-late']);
  expect(kinds([header, sign(statement('anchor', { ...anchor, hash: 'ab'.repeat(32) })), ...rest, end])).toEqual(['begins-late']);
  expect(kinds([header, sign(statement('anchor', anchor)), ...rest.slice(1), end])).toEqual(['begins-late']);
});

it('checks all chains of the platform in one file', () => {
  const other = chainOf('platform', 4);
  const end = sign(statement('export', headOf(entries), headOf(other)));
  const both = [header, ...entries.map(entryLine), ...other.map(entryLine), end];
  expect(check(both)).toMatchObject({ whole: true, entries: 16, chains: [{ chain: 'ws_1' }, { chain: 'platform' }] });
  expect(kinds(both.filter((line) => !line.includes('"chain":"platform"')))).toEqual(['cut-off']);
});
