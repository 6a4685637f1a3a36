import { startTelemetry, currentTraceId, inSpan } from '@smartant/platform/telemetry';
import { counter, gauge, histogram, registry, renderMetrics } from './index';

const OPENMETRICS = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';

describe('metrics', () => {
  const telemetry = startTelemetry({ service: 'spec', exporter: 'none', sampleRatio: 0 });
  afterAll(() => telemetry.shutdown());

  it('exposes counters, gauges, histograms and the process itself in Prometheus form', async () => {
    counter('smartant_spec_objects_total', 'Objects.', ['outcome']).inc({ outcome: 'copied' }, 3);
    gauge('smartant_spec_pending_shards', 'Shards.').set(7);
    histogram('smartant_spec_duration_seconds', 'Time.', ['method']).observe({ method: 'Probe' }, 0.3);
    const { contentType, body } = await renderMetrics(registry);
    expect(contentType).toContain('version=0.0.4');
    expect(body).toContain('smartant_spec_objects_total{outcome="copied"} 3');
    expect(body).toContain('smartant_spec_pending_shards 7');
    expect(body).toContain('smartant_spec_duration_seconds_bucket{le="0.5",method="Probe"} 1');
    expect(body).toContain('process_cpu_seconds_total');
    expect(Number(/^smartant_event_loop_active_seconds_total (\S+)$/m.exec(body)?.[1])).toBeGreaterThan(0);
  });

  it('gives the same metric when asked twice', () => {
    expect(counter('smartant_spec_objects_total', 'Objects.')).toBe(counter('smartant_spec_objects_total', 'Objects.'));
    expect(histogram('smartant_spec_duration_seconds', 'Time.')).toBe(histogram('smartant_spec_duration_seconds', 'Time.'));
  });

  it('links buckets to traces that are recorded, for who accepts OpenMetrics', async () => {
    const seconds = histogram('smartant_spec_traced_seconds', 'Time.', ['method'], [1, 10]);
    let traceId: string | undefined;
    const stopOutside = await inSpan('observed', {}, () => {
      traceId = currentTraceId();
      seconds.observe({ method: 'Get' }, 5);
      return seconds.startTimer({ method: 'Timed' });
    });
    stopOutside();
    await inSpan('not recorded', { 'smartant.unit': true }, () => seconds.observe({ method: 'Unit' }, 5));
    seconds.observe({ method: 'Outside' }, 50);
    const { contentType, body } = await renderMetrics(registry, OPENMETRICS);
    expect(contentType).toContain('application/openmetrics-text');
    const exemplars = body.split('\n').filter((line) => line.startsWith('smartant_spec_traced') && line.includes(' # '));
    expect(exemplars).toEqual([
      expect.stringMatching(
        new RegExp(String.raw`^smartant_spec_traced_seconds_bucket\{method="Get",le="10"\} 1 # \{trace_id="${traceId}"\} 5 [\d.]+$`),
      ),
      expect.stringContaining(`{method="Timed",le="1"} 1 # {trace_id="${traceId}"} `),
    ]);
    expect(body).toContain('smartant_spec_traced_seconds_bucket{method="Unit",le="10"} 1\n');
    // The other form is as it was.
    expect((await renderMetrics(registry)).body).not.toContain(' # {');
  });

  it('writes OpenMetrics as its specification has it, and leaves the names of counters as they are', async () => {
    counter('smartant_spec_quoted_total', 'Says "so".', ['text']).inc({ text: 'a "b"\\\n' });
    gauge('smartant_spec_unknown', 'Nobody knows.').set(Number.NaN);
    const text = (await renderMetrics(registry, OPENMETRICS)).body;
    expect(text).toContain(
      '# HELP smartant_spec_quoted Says \\"so\\".\n# TYPE smartant_spec_quoted counter\nsmartant_spec_quoted_total{text="a \\"b\\"\\\\\\n"} 1\n',
    );
    expect(text).toContain('smartant_spec_unknown NaN\n');
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    expect((await renderMetrics(registry)).body).toContain('# TYPE smartant_spec_quoted_total counter');
  });
});
