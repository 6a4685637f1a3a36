import { WEEKDAYS } from '@smartant/shards';
import { z } from 'zod';
import { NO_LIMITS, NO_RATES } from '../../../domain/migration/migration-spec';
import { count, request, response, withoutUndefined } from './named-schema';

const whole = (max = Number.MAX_SAFE_INTEGER) => z.int().min(0).max(max);

const rateFields = {
  bytesPerSecond: whole().optional().describe('0: no limit.'),
  requestsPerSecond: whole(1_000_000).optional().describe('0: no limit.'),
  concurrency: whole(1_024).optional().describe('Objects in flight. 0: no limit.'),
};

const ratesInput = request(
  'RatesInput',
  z.strictObject(rateFields).transform((rates) => ({ ...NO_RATES, ...withoutUndefined(rates) })),
);

const time = () => z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of the clock, HH:MM');

/** Forms only: whether the time zone exists is the domain's to say. */
const calendarInput = request(
  'CalendarInput',
  z.strictObject({
    timeZone: z.string().min(1).max(64).describe('IANA name, for example Asia/Shanghai.'),
    windows: z
      .array(
        z.strictObject({
          days: z.array(z.enum(WEEKDAYS)).min(1).max(7).describe('Days on which the window begins.'),
          from: time(),
          to: time().describe('On the next day where it is not after `from`.'),
          limits: ratesInput.optional().describe("Beside the migration's own limits while the window is open; the tightest holds."),
        }),
      )
      .min(1)
      .max(50),
    outside: z
      .union([z.literal('stop'), ratesInput])
      .default('stop')
      .describe('Between the windows: no work, or work within these limits.'),
  }),
);

const limitFields = {
  ...rateFields,
  calendar: calendarInput.nullable().optional().describe('When data is moved. Null: at any time. A cutover is not held by it.'),
};

export const limitsInput = request(
  'LimitsInput',
  z.strictObject(limitFields).transform((limits) => ({ ...NO_LIMITS, ...withoutUndefined(limits) })),
);

const named = (fields: object): boolean => Object.keys(fields).length > 0;

/** Fields that are absent stay as they are. */
export const limitsPatch = request('UpdateLimitsRequest', z.strictObject(limitFields).refine(named, 'must name at least one limit'));
export const ratesPatch = request('UpdateRatesRequest', z.strictObject(rateFields).refine(named, 'must name at least one limit'));

const rateCounts = { bytesPerSecond: count(), requestsPerSecond: count(), concurrency: count() };
export const rates = response('Rates', z.object(rateCounts));

const calendar = response(
  'Calendar',
  z.object({
    timeZone: z.string(),
    windows: z.array(z.object({ days: z.array(z.enum(WEEKDAYS)), from: z.string(), to: z.string(), limits: rates.optional() })),
    outside: z.union([z.literal('stop'), rates]),
  }),
);

/** Absent in migrations of older versions: none. */
export const limits = response('Limits', z.object({ ...rateCounts, calendar: calendar.nullable().optional() }));
