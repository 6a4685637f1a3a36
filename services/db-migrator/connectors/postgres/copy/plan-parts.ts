import type { Table } from '../catalog/catalog';
import type { TableRecord } from './copy-bookkeeping';
import { TID_RANGES_SINCE, type Part } from './part-sql';

/** A table that is read in parts of so many pages; one part: all of it at once. */
export interface TableSplit {
  parts: number;
  pagesPerPart: number;
}

export interface SplitOptions {
  serverVersion: number;
  splitBytes: number;
  /** False: the whole of a table in one transaction, because its rows could not be taken out again. */
  maySplit: boolean;
}

const WHOLE: TableSplit = { parts: 1, pagesPerPart: 0 };
const MOST_PARTS = 4096;

/**
 * In how many parts a table is read. Of parts, several are copied at once and each is a point to go on from; but rows of several
 * transactions land between each other and contend for the end of the target's file, so only large tables are split.
 */
export function splitOf(table: Table, { serverVersion, splitBytes, maySplit }: SplitOptions): TableSplit {
  if (!maySplit || serverVersion < TID_RANGES_SINCE || table.bytes <= splitBytes || table.pages < 2) return WHOLE;
  // Half of the limit each: a table just over it is two parts, not one and a crumb.
  const parts = Math.min(MOST_PARTS, table.pages, Math.ceil(table.bytes / (splitBytes / 2)));
  const pagesPerPart = Math.ceil(table.pages / parts);
  return { parts: Math.ceil(table.pages / pagesPerPart), pagesPerPart };
}

/** Parts of a table that are not there yet. */
export function missingParts(table: Table, split: TableSplit, copied: TableRecord['copiedParts']): Part[] {
  const { parts, pagesPerPart } = split;
  return Array.from({ length: parts }, (_, number) => number)
    .filter((number) => !copied.has(number))
    .map((number) => ({
      table,
      number,
      pages: parts === 1 ? null : { from: number * pagesPerPart, to: number === parts - 1 ? null : (number + 1) * pagesPerPart },
      bytes: table.bytes / parts,
    }));
}

/** The largest first, so that the last ones to end are small. */
export function inOrder(parts: Part[]): Part[] {
  return parts.sort((one, other) => other.bytes - one.bytes);
}
