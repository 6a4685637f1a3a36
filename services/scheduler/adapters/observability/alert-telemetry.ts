import { SpanStatusCode, trace } from '@opentelemetry/api';
import { toSmartantError } from '@smartant/kernel';
import type { Logger } from '@smartant/platform/logging';
import { counter, gauge, histogram } from '@smartant/platform/metrics';
import { inSpan, withExtractedTraceContext } from '@smartant/platform/telemetry';
import type { AlertObserver } from '../../application/ports/alert-observer';
import type { AlertStore } from '../../application/ports/alerting';
import type { Condition } from '../../domain/alerting/condition';

const conditions = gauge('smartant_alert_conditions', 'What the alert rules see, by rule and state.', ['rule', 'state']);
const toldTotal = counter('smartant_alerts_told_total', 'Alerts that were told, repeated ones included.', ['rule', 'state']);
const lookSeconds = histogram('smartant_alert_look_seconds', 'How long a look at everything took.');
const lookFailures = counter('smartant_alert_look_failures_total', 'Looks of the alert rules that failed, in part or as a whole.', [
  'part',
]);
const trials = counter('smartant_endpoint_trials_total', 'Attempts to reach endpoints that migrations in progress use.', ['outcome']);

/** Spans, metrics and log lines of the alert rules. An alert's span belongs to the trace of the work that it came of. */
export function alertTelemetry(logger: Logger): AlertObserver {
  return {
    told: (told) => told.forEach((condition) => tell(logger, condition)),
    look: async (work) => {
      const stop = lookSeconds.startTimer();
      await inSpan('alert rules', {}, work).finally(stop);
    },
    factFailed: (subject, id, error) => {
      lookFailures.inc({ part: subject });
      logger.error({ err: error, subject, id }, 'the alert rules cannot read this; what was known of it stays');
    },
    factsCut: (subject, limit) => logger.warn({ subject, limit }, 'more than the alert rules look at: the rest is not watched'),
    lookFailed: (error) => {
      lookFailures.inc({ part: 'look' });
      logger.warn({ err: error, code: toSmartantError(error).code }, 'a look of the alert rules failed; there will be another');
    },
    tried: (outcome) => trials.inc({ outcome }),
  };
}

function tell(logger: Logger, condition: Condition): void {
  const { rule, state, severity, workspaceId, migrationId, fingerprint, traceContext, tellings, annotations } = condition;
  toldTotal.inc({ rule, state });
  withExtractedTraceContext({ ...traceContext }, () => {
    const attributes = { 'smartant.alert': rule, 'smartant.workspace': workspaceId, 'smartant.migration': migrationId };
    const span = trace.getTracer('smartant').startSpan(`alert ${state}`, { attributes: { ...attributes, 'smartant.severity': severity } });
    if (state === 'firing') span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
    const level = state === 'firing' && tellings === 1 ? 'warn' : 'info';
    const fields = { rule, state, severity, workspaceId, migrationId, fingerprint, tellings, code: annotations['error_code'] };
    logger[level](fields, 'alert');
  });
}

/** Sets the gauge of conditions from the database. */
export async function publishConditions(store: Pick<AlertStore, 'census'>): Promise<void> {
  const rows = await store.census();
  conditions.reset();
  for (const { rule, state, count } of rows) conditions.set({ rule, state }, count);
}
