export { copyLargeObjects, type LargeObjectOptions } from './copy-large-objects';
export { copyTables, readSyncPositions, recopyTables, type BookkeepingOptions } from './copy-tables';
export type { CopiedPart, CopiedTable, CopyOptions, CopySnapshot, CopyTotals } from './copy-options';
export { checkRowFilter, rowFilterOf } from './row-filter';
