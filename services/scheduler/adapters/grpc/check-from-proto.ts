import type { migratorV1 } from '@smartant/contracts';
import { CHECK_KINDS, CHECK_STATES, type Check } from '../../domain/migration/check';

export function checkFromProto({ id, kind, tables, state, askedAt, finishedAt, result, error }: migratorV1.Check): Check {
  return {
    id,
    tables,
    // A word of a newer migrator is taken for what says the least.
    kind: CHECK_KINDS.find((known) => known === kind) ?? 'verify',
    state: CHECK_STATES.find((known) => known === state) ?? 'running',
    askedAt,
    finishedAt: finishedAt || null,
    result: result
      ? {
          ...result,
          differences: result.differences.map((difference) => ({ ...difference })),
          expectedDowntimeMs: result.expectedDowntimeMs || null,
        }
      : null,
    error: error ? { code: error.code, message: error.message, hint: error.hint, retryable: error.retryable } : null,
  };
}
