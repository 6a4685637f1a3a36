import { ROOT_CONTEXT, SpanKind, trace, TraceFlags, type Attributes } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { ALWAYS_RECORDED, UNIT_SPAN, UnitSampler } from './unit-sampler';

const records = (sampler: UnitSampler, attributes: Attributes, parentFlags?: TraceFlags) => {
  const parent = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: parentFlags ?? TraceFlags.NONE };
  const context = parentFlags === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  const { decision } = sampler.shouldSample(context, '1'.repeat(32), 'x', SpanKind.INTERNAL, attributes);
  return decision === tracing.SamplingDecision.RECORD_AND_SAMPLED;
};
const unit = (key: string, more: Attributes = {}) => ({ [UNIT_SPAN]: true, 'smartant.migration': 'mig_1', 'smartant.key': key, ...more });

it('chooses a unit by its name alone, the same in every process and phase', () => {
  const [one, other] = [new UnitSampler(0.1), new UnitSampler(0.1)];
  const keys = Array.from({ length: 20_000 }, (_, index) => `d/object-${index}`);
  const chosen = keys.filter((key) => records(one, unit(key)));
  expect(chosen.length).toBeGreaterThan(1_700);
  expect(chosen.length).toBeLessThan(2_300);
  expect(keys.filter((key) => records(other, unit(key, { 'smartant.bytes': 1 })))).toEqual(chosen);
  expect(chosen.filter((key) => records(one, unit(key, { 'smartant.migration': 'mig_2' }))).length).toBeLessThan(chosen.length / 2);
});

it('records all at ratio 1 and none at 0, and failures and phases whatever the caller decided', () => {
  expect(records(new UnitSampler(1), unit('a'))).toBe(true);
  expect(records(new UnitSampler(0), unit('a'))).toBe(false);
  expect(records(new UnitSampler(0), {}, TraceFlags.NONE)).toBe(false);
  expect(records(new UnitSampler(0), { [ALWAYS_RECORDED]: true }, TraceFlags.NONE)).toBe(true);
  expect(records(new UnitSampler(0), {}, TraceFlags.SAMPLED)).toBe(true);
});
