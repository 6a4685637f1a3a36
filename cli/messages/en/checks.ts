import { many } from './many';

/** Of comparing and repairing beside a stream. `../zh/checks.ts` has the same entries. */
export const checks = {
  help: {
    verify: 'databases: compare rows now, while changes flow',
    repair: 'databases: copy rows that differ again from the source, then compare them',
    checks: 'databases: what was compared and repaired beside the stream',
    table: 'only this table of the source, as SCHEMA.TABLE; repeatable',
    noWait: 'do not wait for the result: see migration checks',
  },
  columns: { differences: 'DIFFERENT', repaired: 'REPAIRED', asked: 'ASKED' },
  none: 'Nothing was compared yet.',
  asked: (check: string, id: string) => `${check} is being done. See it: smartant migration checks ${id}`,
  equal: (tables: string, rows: string) => `Equal: ${many(tables, 'table')} with ${many(rows, 'row')}.`,
  different: (count: string) => `${many(count, 'row')} of the target differ${count === '1' ? 's' : ''} from the source:`,
  repaired: (count: string) => `Repaired: ${many(count, 'row')}.`,
  undecided: (tables: string) => `Changed each time they were looked at, so nothing can be said of: ${tables}`,
  wouldDo: 'A cutover would:',
  expectedDowntime: (duration: string) => `Writers would probably wait for ${duration}.`,
  noPreview: (reason: string) => `What it would do there could not be asked: ${reason}`,
  asks: {
    repair: (id: string, tables: string) =>
      `Repair ${tables === '' ? id : `${tables} of ${id}`}: rows that differ are written, or removed, at the target as the source has them. Writers of these rows wait for a moment.`,
  },
};
