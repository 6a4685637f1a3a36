import type { MigrationReport } from '@smartant/proof';
import { createColors } from 'picocolors';
import { en } from '../messages/en';
import { reportLines, verdictLine } from './report-view';

const root = 'ab'.repeat(32);
const colors = createColors(false);

const report: MigrationReport = {
  migration: { id: 'mig_1', name: 'shop', workspaceId: 'ws_1', kind: 'database' },
  source: { description: 'postgres://ann@old:5432/shop' },
  target: { description: 'postgres://ann@new:5432/shop' },
  scope: {},
  phases: [],
  downtime: { frozenAt: '2026-11-23T00:00:00.000Z', openedAt: '2026-11-23T00:00:02.500Z', milliseconds: 2_500 },
  counts: {},
  skippedByReason: {},
  verification: {
    level: 'content',
    equal: true,
    sourceFrozen: true,
    asOf: '2026-11-23T00:00:02.000Z',
    source: { objects: 15_607, bytes: 2_048, root, firstInventory: '', secondInventory: '' },
    target: { objects: 15_607, bytes: 2_048, root },
    bucketCount: 64,
    differenceCount: 0,
    waivedCount: 0,
    differences: [],
    database: { tables: 14, sourceRows: 15_607, targetRows: 15_607, sequences: 3, objects: 42, frozenPosition: '0/16B3900' },
  },
  failures: [],
  waivers: [],
  software: { name: 'smartant', version: '0.1.0' },
  issuedAt: '2026-11-23T00:01:00.000Z',
};

it('tells of a database in rows, tables and definitions, with its downtime', () => {
  const text = reportLines(report, en, colors).join('\n');
  expect(text).toContain('15,607 rows, 2 KiB');
  expect(text).not.toContain('objects');
  for (const fact of [/Tables: +14/, /Sequences: +3/, /Definitions: +42/, /Frozen at: +0\/16B3900/, /Downtime: +2\.5s/]) {
    expect(text).toMatch(fact);
  }
  expect(verdictLine(report, en, colors)).toBe('PROVED: the target equals the source.');
});
