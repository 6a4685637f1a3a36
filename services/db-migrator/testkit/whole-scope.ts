import type { DatabaseScope } from '../domain/database-scope';

/** Everything, followed live, with a way back: what tests vary. */
export const WHOLE_SCOPE: DatabaseScope = {
  includeSchemas: [],
  excludeSchemas: [],
  includeTables: [],
  excludeTables: [],
  rows: [],
  renames: [],
  tablespaces: [],
  columns: [],
  mode: 'live',
  targetPolicy: 'refuse',
  largeObjects: false,
  roles: false,
  publications: false,
  tableJobs: 0,
  indexJobs: 0,
  verify: 'content',
  quarantineCap: 100,
  reverse: true,
  maxRetainedWalBytes: 0,
  resyncs: [],
};
