import { context, propagation, ROOT_CONTEXT, trace, TraceFlags, type Context } from '@opentelemetry/api';
import { derivedTrace } from './derived-spans';
import { tracePropagator } from './trace-context';

const propagator = tracePropagator();
const getter = { get: (carrier: Record<string, string>, key: string) => carrier[key], keys: (carrier: object) => Object.keys(carrier) };
const extracted = (carrier: Record<string, string>) => trace.getSpanContext(propagator.extract(ROOT_CONTEXT, carrier, getter));
const injected = (from: Context): Record<string, string> => {
  const carrier: Record<string, string> = {};
  propagator.inject(from, carrier, { set: (into, key, value) => void (into[key] = value) });
  return carrier;
};

it('lets nothing but ids in or out: baggage is neither read nor sent', () => {
  const baggage = propagation.createBaggage({ password: { value: 'canary-7f' } });
  const span = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: TraceFlags.SAMPLED };
  const headers = injected(propagation.setBaggage(trace.setSpanContext(context.active(), span), baggage));
  expect(Object.keys(headers).sort()).toEqual(['b3', 'traceparent', 'x-b3-sampled', 'x-b3-spanid', 'x-b3-traceid']);
  expect(JSON.stringify(headers)).not.toContain('canary');
  const heard = propagator.extract(ROOT_CONTEXT, { ...headers, baggage: 'password=canary-7f' }, getter);
  expect(propagation.getBaggage(heard)).toBeUndefined();
  expect(trace.getSpanContext(heard)).toMatchObject({ traceId: span.traceId, spanId: span.spanId });
});

it('reads either form of B3, and W3C before both', () => {
  const b3 = { 'x-b3-traceid': 'a'.repeat(32), 'x-b3-spanid': 'b'.repeat(16), 'x-b3-sampled': '1' };
  expect(extracted(b3)).toMatchObject({ traceId: 'a'.repeat(32) });
  const single = { b3: `${'c'.repeat(32)}-${'d'.repeat(16)}-1` };
  expect(extracted(single)).toMatchObject({ traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) });
  const w3c = { traceparent: `00-${'e'.repeat(32)}-${'f'.repeat(16)}-01` };
  expect(extracted({ ...b3, ...single, ...w3c })).toMatchObject({ traceId: 'e'.repeat(32) });
  expect(extracted({ traceparent: 'nonsense' })).toBeUndefined();
});

it('derives the same valid ids of the same seed everywhere', () => {
  const one = extracted(derivedTrace('mig_1/full/0'));
  expect(one).toMatchObject({ traceFlags: TraceFlags.SAMPLED });
  expect(extracted(derivedTrace('mig_1/full/0'))).toMatchObject({ traceId: one?.traceId, spanId: one?.spanId });
  expect(extracted(derivedTrace('mig_1/full/1'))?.traceId).not.toBe(one?.traceId);
});
