export { copyLargeObjects, type LargeObjectOptions } from './copy-large-objects';
export { copyTables, recopyTables } from './copy-tables';
export type { CopiedPart, CopiedTable, CopyOptions, CopySnapshot, CopyTotals } from './copy-options';
export { checkRowFilter, rowFilterOf } from './row-filter';
