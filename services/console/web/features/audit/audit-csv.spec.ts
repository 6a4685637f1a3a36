import { auditCsv } from './audit-csv';
import type { AuditEntry } from './queries';

const entry = (change: Partial<AuditEntry>): AuditEntry =>
  ({
    at: '2026-01-02T03:04:05Z',
    action: 'member.invite',
    outcome: 'done',
    code: null,
    target: { kind: 'member', id: 'usr_1', name: 'ann' },
    actor: { userId: 'usr_2', address: '', credential: null, traceId: null },
    before: null,
    after: { role: 'viewer' },
    ...change,
  }) as AuditEntry;

it('writes one line an entry, quoted where it has to be', () => {
  const [head, line, end] = auditCsv([entry({ target: { kind: 'member', id: 'usr_1', name: 'Ann, "the" admin' } })]).split('\r\n');
  expect(head).toMatch(/^at,action,outcome,/);
  expect(line).toBe('2026-01-02T03:04:05Z,member.invite,done,,member,usr_1,"Ann, ""the"" admin",usr_2,,,,,"{""role"":""viewer""}"');
  expect(end).toBe('');
});

it.each(['=HYPERLINK("x")', '+1', '-1', '@sum', '\t=1'])('makes no formula of %s', (name) => {
  expect(auditCsv([entry({ target: { kind: 'member', id: 'usr_1', name } })])).toContain(`'${name.replaceAll('"', '""')}`);
});
