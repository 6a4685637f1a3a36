import type { migratorV1 } from '@smartant/contracts';
import { invalid, type CheckCalls } from '@smartant/runs/adapters';
import type { Checks } from '../../application/checks/checks';
import { CHECK_KINDS, type Check, type CheckKind } from '../../domain/check';

/** Checks as MigratorService tells of them. */
export function checkCalls(checks: Checks): CheckCalls {
  return {
    ask: async ({ checkId, migrationId, kind, tables }) => {
      if (checkId === '') throw invalid('check_id');
      if (!CHECK_KINDS.includes(kind as CheckKind)) throw invalid('kind');
      return checkToProto(await checks.ask({ id: checkId, migrationId, kind: kind as CheckKind, tables }));
    },
    list: async (migrationId) => (await checks.list(migrationId)).map(checkToProto),
  };
}

function checkToProto({ id, kind, tables, state, askedAt, finishedAt, result, error }: Check): migratorV1.Check {
  return {
    id,
    kind,
    tables,
    state,
    askedAt,
    finishedAt: finishedAt ?? '',
    result: result ? { ...result, expectedDowntimeMs: result.expectedDowntimeMs ?? 0 } : undefined,
    error: error ?? undefined,
  };
}
