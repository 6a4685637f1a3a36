import { globProblem, SmartantError, type FieldError } from '@smartant/kernel';
import { calendarProblems, limitProblems } from '@smartant/shards';
import { databaseScopeErrors } from './database-rules';
import { hostScopeErrors } from './host-rules';
import type { Limits, Rates, SpecInput, StorageScope } from './migration-spec';

const MIB = 1024 ** 2;
const MAX_FILES_FROM = 100_000;
/** Both sides of gRPC take messages of 16 MiB. */
const MAX_FILES_FROM_BYTES = 8 * MIB;
const MAX_GLOBS = 1_000;

/** Raises MIGRATION_SPEC_INVALID, naming every wrong field at once. */
export function assertSpecValid(name: string | undefined, spec: SpecInput): void {
  const fields = [
    ...check(name === undefined || (name.trim() !== '' && name.length <= 120), 'name', 'expected 1 to 120 characters'),
    ...kindErrors(spec),
    ...limitErrors(spec.limits, 'spec.limits'),
    ...check(isPriority(spec.priority), 'spec.priority', 'expected 1 (low) to 9 (high)'),
    ...(spec.kind === 'database' ? [] : intervalErrors(spec.incrementalIntervalSeconds)),
  ];
  raise(fields, 'The migration');
}

function kindErrors(spec: SpecInput): FieldError[] {
  switch (spec.kind) {
    case 'storage':
      return scopeErrors(spec.storage);
    case 'database':
      return databaseScopeErrors(spec.database);
    case 'host':
      return hostScopeErrors(spec.host);
  }
}

function intervalErrors(seconds: number): FieldError[] {
  return check(Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_400, 'spec.incrementalIntervalSeconds', 'expected 1 to 86400');
}

/** Raises MIGRATION_SPEC_INVALID. */
export function assertLimitsValid(limits: Limits | Rates): void {
  raise(limitErrors(limits, 'limits'), 'The limit');
}

function raise(fields: FieldError[], what: string): void {
  if (fields.length === 0) return;
  throw new SmartantError('MIGRATION_SPEC_INVALID', `${what} is wrong in ${fields.map((error) => error.field).join(', ')}.`, {
    kind: 'invalid',
    hint: 'Correct the fields that are named and send it again.',
    fields,
  });
}

function check(holds: boolean, field: string, message: string): FieldError[] {
  return holds ? [] : [{ field, message }];
}

function isPriority(value: number | undefined): boolean {
  return value === undefined || (Number.isInteger(value) && value >= 1 && value <= 9);
}

function isCount(value: number | undefined): boolean {
  return value === undefined || (Number.isSafeInteger(value) && value >= 0);
}

function scopeErrors(scope: StorageScope): FieldError[] {
  const { minSizeBytes, maxSizeBytes, partSizeBytes } = scope;
  const ordered = minSizeBytes === undefined || maxSizeBytes === undefined || minSizeBytes <= maxSizeBytes;
  const filesFromBytes = scope.filesFrom.reduce((sum, key) => sum + Buffer.byteLength(key) + 4, 0);
  const filesFit = scope.filesFrom.length <= MAX_FILES_FROM && filesFromBytes <= MAX_FILES_FROM_BYTES;
  const partFits = partSizeBytes === 0 || (partSizeBytes >= 5 * MIB && partSizeBytes <= 5_120 * MIB);
  return [
    ...check(scope.include.length + scope.exclude.length <= MAX_GLOBS, 'spec.storage.include', `expected at most ${MAX_GLOBS} globs`),
    ...globErrors(scope.include, 'spec.storage.include'),
    ...globErrors(scope.exclude, 'spec.storage.exclude'),
    ...check(filesFit, 'spec.storage.filesFrom', `expected at most ${MAX_FILES_FROM} keys of 8 MiB together`),
    ...check(isCount(minSizeBytes), 'spec.storage.minSizeBytes', 'expected 0 or more'),
    ...check(isCount(maxSizeBytes) && ordered, 'spec.storage.maxSizeBytes', 'expected 0 or more, and not less than minSizeBytes'),
    ...check(isCount(scope.maxDeletes), 'spec.storage.maxDeletes', 'expected 0 or more'),
    ...check(isCount(scope.quarantineCap), 'spec.storage.quarantineCap', 'expected 0 or more'),
    ...check(isCount(partSizeBytes) && partFits, 'spec.storage.partSizeBytes', 'expected 0, or 5 MiB to 5 GiB'),
  ];
}

function globErrors(globs: string[], path: string): FieldError[] {
  return globs.flatMap((glob, index) => {
    const message = globProblem(glob);
    return message === undefined ? [] : [{ field: `${path}.${index}`, message }];
  });
}

function limitErrors({ calendar, ...rates }: Limits, path: string): FieldError[] {
  return [...limitProblems(rates, path), ...(calendar ? calendarProblems(calendar, `${path}.calendar`) : [])];
}
