import type { AlertRule, RuleChange } from './queries';

/** A rule as it stands in its form. Null: the field is empty, and what is usual holds. */
export interface TypedRule {
  enabled: boolean;
  severity: AlertRule['severity'];
  forSeconds: number | null;
  thresholds: Record<string, number | null>;
}

export const typedOf = ({ enabled, severity, forSeconds, thresholds }: AlertRule): TypedRule => ({
  enabled,
  severity,
  forSeconds,
  thresholds: { ...thresholds },
});

/** Only what differs from the usual, so that a better usual of a later version holds where nobody wished otherwise. */
export function changeOf({ usual, thresholdRanges }: AlertRule, typed: TypedRule): RuleChange {
  const thresholds = Object.entries(typed.thresholds).filter(
    (entry): entry is [string, number] => entry[1] !== null && entry[1] !== thresholdRanges[entry[0]]?.usual,
  );
  return {
    ...(!typed.enabled && { enabled: false }),
    ...(typed.severity !== usual.severity && { severity: typed.severity }),
    ...(typed.forSeconds !== null && typed.forSeconds !== usual.forSeconds && { forSeconds: typed.forSeconds }),
    ...(thresholds.length > 0 && { thresholds: Object.fromEntries(thresholds) }),
  };
}
