import type { AlertRuleUseCases } from '../../../application/alerting/alert-use-cases';
import type { Condition } from '../../../domain/alerting/condition';
import type { RouteAnswer, RouteInput } from '../route-definition';
import type { listAlertConditions } from '../routes/alert-rule-routes';

const time = (ms: number): string => new Date(ms).toISOString();
const timeOrNull = (ms: number | null): string | null => (ms === null ? null : time(ms));

/** A page of what rules see, of a workspace or of the platform. */
export async function conditionPage(
  useCases: AlertRuleUseCases,
  caller: RouteInput<typeof listAlertConditions>['caller'],
  { pageSize, pageToken, ...filter }: RouteInput<typeof listAlertConditions>['query'],
): Promise<RouteAnswer<typeof listAlertConditions>> {
  const { items, nextPageToken } = await useCases.conditions(caller, filter, { pageSize, pageToken });
  return { items: items.map(toAnswer), nextPageToken };
}

function toAnswer(condition: Condition) {
  const { labels, annotations, migrationId, pendingSinceMs, firingSinceMs, resolvedAtMs, toldAtMs } = condition;
  return {
    ...condition,
    labels: { ...labels },
    annotations: { ...annotations },
    migrationId: migrationId === '' ? null : migrationId,
    pendingSince: time(pendingSinceMs),
    firingSince: timeOrNull(firingSinceMs),
    resolvedAt: timeOrNull(resolvedAtMs),
    toldAt: timeOrNull(toldAtMs),
  };
}
