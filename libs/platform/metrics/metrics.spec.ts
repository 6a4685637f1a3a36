import { counter, gauge, histogram, registry } from './index';

describe('metrics', () => {
  it('exposes counters, gauges, histograms and the process itself in Prometheus form', async () => {
    counter('smartant_spec_objects_total', 'Objects.', ['outcome']).inc({ outcome: 'copied' }, 3);
    gauge('smartant_spec_pending_shards', 'Shards.').set(7);
    histogram('smartant_spec_duration_seconds', 'Time.', ['method']).observe({ method: 'Probe' }, 0.3);
    const text = await registry.metrics();
    expect(text).toContain('smartant_spec_objects_total{outcome="copied"} 3');
    expect(text).toContain('smartant_spec_pending_shards 7');
    expect(text).toContain('smartant_spec_duration_seconds_bucket{le="0.5",method="Probe"} 1');
    expect(text).toContain('process_cpu_seconds_total');
  });

  it('gives the same metric when asked twice', () => {
    expect(counter('smartant_spec_objects_total', 'Objects.')).toBe(counter('smartant_spec_objects_total', 'Objects.'));
  });
});
