import { NO_RATES, type Rates } from '../migration/migration-spec';

/** What a workspace may have at most; 0: no quota. The rates are ceilings: no limit of the workspace can be set above them. */
export interface Quotas extends Rates {
  /** Migrations that are not at rest. */
  migrations: number;
  /** Saved endpoints. Those of one migration are bounded with their migrations. */
  endpoints: number;
}

export type CountedQuota = 'migrations' | 'endpoints';
export type QuotaUse = Record<CountedQuota, number>;

const RATES = ['bytesPerSecond', 'requestsPerSecond', 'concurrency'] as const;

export const NO_QUOTAS: Quotas = { ...NO_RATES, migrations: 0, endpoints: 0 };

/** Limits as the ceilings allow them: no limit at all is the most that can be asked for. */
export function withinCeilings(limits: Rates, ceilings: Rates): Rates {
  const bounded = { ...limits };
  for (const rate of RATES) if (isAbove(limits[rate], ceilings[rate])) bounded[rate] = ceilings[rate];
  return bounded;
}

/** The first rate of these limits that is above its ceiling. */
export function rateAboveCeiling(limits: Rates, ceilings: Rates): keyof Rates | undefined {
  return RATES.find((rate) => isAbove(limits[rate], ceilings[rate]));
}

function isAbove(limit: number, ceiling: number): boolean {
  return ceiling !== 0 && (limit === 0 || limit > ceiling);
}
