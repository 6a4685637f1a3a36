import { z } from 'zod';
import { SEVERITIES, SUBJECTS } from '../../../domain/alerting/alert-rule';
import { CONDITION_STATES } from '../../../domain/alerting/condition';
import { LONGEST_FOR_SECONDS } from '../../../domain/alerting/rule-settings';
import { count, page, pageQuery, request, response, timestamp } from './named-schema';

const severity = z.enum(SEVERITIES);
const thresholdName = z.string().regex(/^[a-z][A-Za-z]{0,62}$/, 'must be the name of a threshold');

export const alertRule = response(
  'AlertRule',
  z.object({
    name: z.string(),
    subject: z.enum(SUBJECTS).describe('What it looks at.'),
    summary: z.string().describe('When it fires.'),
    enabled: z.boolean(),
    severity,
    forSeconds: count().describe('How long it must be so before it fires.'),
    thresholds: z.record(z.string(), z.number()),
    usual: z.object({ severity, forSeconds: count() }).describe('What holds where nothing was changed; of thresholds see their ranges.'),
    thresholdRanges: z.record(z.string(), z.object({ summary: z.string(), usual: z.number(), minimum: z.number(), maximum: z.number() })),
    isChanged: z.boolean(),
    version: count().describe('Grows by one with each change; the ETag.'),
    updatedAt: timestamp().nullable(),
    updatedBy: z.string().nullable(),
  }),
);

export const alertRules = response('AlertRules', z.object({ items: z.array(alertRule) }));

export const alertRuleInput = request(
  'SetAlertRuleRequest',
  z.strictObject({
    enabled: z.boolean().optional(),
    severity: severity.optional(),
    forSeconds: z.int().min(0).max(LONGEST_FOR_SECONDS).optional(),
    thresholds: z
      .record(thresholdName, z.int().min(0))
      .refine((thresholds) => Object.keys(thresholds).length <= 20, 'must be at most 20')
      .optional()
      .describe('By name; see thresholdRanges of the rule.'),
  }),
);

const texts = () => z.record(z.string(), z.string());

export const alertCondition = response(
  'AlertCondition',
  z.object({
    id: z.string(),
    fingerprint: z.string().describe('SHA-256 of workspace, rule and labels: the identity of the alert.'),
    rule: z.string(),
    severity,
    state: z.enum(CONDITION_STATES).describe('`pending`: not for long enough yet. `resolved`: over, and shown for a quarter of an hour.'),
    labels: texts().describe('What tells it from others, and what routes match.'),
    annotations: texts().describe('Figures, with their units in their names, and texts, as they were last told.'),
    migrationId: z.string().nullable(),
    pendingSince: timestamp(),
    firingSince: timestamp().nullable(),
    resolvedAt: timestamp().nullable(),
    toldAt: timestamp().nullable().describe('When it was last told.'),
  }),
);

export const alertConditions = page('AlertConditions', alertCondition);

export const alertConditionQuery = z.object({
  ...pageQuery,
  state: z.enum(CONDITION_STATES).optional(),
  rule: z.string().min(1).max(63).optional(),
  migrationId: z.string().min(1).max(100).optional(),
});
