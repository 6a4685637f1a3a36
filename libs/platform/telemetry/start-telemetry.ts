import { hostname } from 'node:os';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeSDK, resources, tracing } from '@opentelemetry/sdk-node';
import { ChosenIds } from './derived-spans';
import { FileSpanExporter } from './file-exporter';
import { RedactingExporter } from './redacting-exporter';
import { tracePropagator } from './trace-context';
import { UnitSampler } from './unit-sampler';
import { isUntraced } from './untraced-requests';

const EXPORTERS = ['otlp', 'jaeger', 'file', 'none'] as const;
export type TraceExporter = (typeof EXPORTERS)[number];

export interface TelemetryOptions {
  /** `service.name` of every span, unless OTEL_SERVICE_NAME names another (`<app>.<namespace>` for KubeSphere's console). */
  service: string;
  /**
   * `otlp`: OTLP over HTTP, to OTEL_EXPORTER_OTLP_ENDPOINT. `jaeger`: Thrift, to OTEL_EXPORTER_JAEGER_ENDPOINT, or by UDP to
   * OTEL_EXPORTER_JAEGER_AGENT_HOST and _PORT (6832). `file`: see `FileSpanExporter`. `none`: trace ids and propagation only.
   */
  exporter: TraceExporter;
  /** The folder of `file`. */
  tracesDir?: string;
  /** The share of spans of units of work that is recorded, 0 to 1. Default 0.01. Everything else, and every failure, is recorded. */
  sampleRatio?: number;
}

export interface Telemetry {
  /** Sends what is buffered, within five seconds. */
  shutdown(): Promise<void>;
}

/**
 * Starts tracing of HTTP, gRPC, SQL and undici. Must run before those modules are loaded: call it in a small module that `main.ts` imports
 * first of all. Polling of queues and health probes make no spans: client calls outside of any span are not traced.
 */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const sdk = new NodeSDK({
    serviceName: process.env['OTEL_SERVICE_NAME'] || options.service,
    // Where it ran: in Kubernetes the name of the pod.
    resource: resources.resourceFromAttributes({ 'host.name': hostname(), 'service.instance.id': `${hostname()}:${process.pid}` }),
    idGenerator: new ChosenIds(),
    sampler: new UnitSampler(options.sampleRatio ?? 0.01),
    textMapPropagator: tracePropagator(),
    spanProcessors: [spanProcessor(options)],
    // Metrics are Prometheus's and logs are pino's: nothing is to be sent from here.
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: instrumentations(),
  });
  sdk.start();
  let stopped: Promise<void> | undefined;
  return { shutdown: () => (stopped ??= withinFiveSeconds(sdk.shutdown())) };
}

/**
 * `startTelemetry` by SMARTANT_TRACE_EXPORTER, SMARTANT_TRACES_DIR and SMARTANT_TRACE_UNIT_RATIO. Wrong values here mean no export: the
 * service's configuration names them all a moment later, together with everything else that is wrong.
 */
export function startTelemetryFromEnvironment(service: string, env: NodeJS.ProcessEnv = process.env): Telemetry {
  const tracesDir = env['SMARTANT_TRACES_DIR'] || undefined;
  const wanted = EXPORTERS.find((exporter) => exporter === env['SMARTANT_TRACE_EXPORTER']) ?? 'none';
  const ratio = Number(env['SMARTANT_TRACE_UNIT_RATIO'] || '0.01');
  const exporter = wanted === 'file' && tracesDir === undefined ? 'none' : wanted;
  return startTelemetry({ service, exporter, tracesDir, sampleRatio: ratio >= 0 && ratio <= 1 ? ratio : undefined });
}

function spanProcessor(options: TelemetryOptions): tracing.SpanProcessor {
  const exporter = exporterOf(options);
  if (exporter === undefined) return new tracing.NoopSpanProcessor();
  return new tracing.BatchSpanProcessor(new RedactingExporter(exporter), { scheduledDelayMillis: 1_000 });
}

function exporterOf({ exporter, service, tracesDir }: TelemetryOptions): tracing.SpanExporter | undefined {
  if (exporter === 'otlp') return new OTLPTraceExporter();
  if (exporter === 'jaeger') {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- takes 110 ms to load, and few choose it
    const { JaegerExporter } = require('@opentelemetry/exporter-jaeger') as typeof import('@opentelemetry/exporter-jaeger');
    return new JaegerExporter();
  }
  if (exporter === 'file' && tracesDir !== undefined) return new FileSpanExporter(tracesDir, service);
  return undefined;
}

function instrumentations() {
  return [
    new HttpInstrumentation({
      ignoreIncomingRequestHook: ({ method, url }) => isUntraced(method, url),
      requireParentforOutgoingSpans: true,
    }),
    new GrpcInstrumentation({ ignoreGrpcMethods: [/^grpc\.health\./, 'Check', 'Watch'] }),
    new PgInstrumentation({ requireParentSpan: true }),
    new UndiciInstrumentation({ requireParentforSpans: true }),
  ];
}

async function withinFiveSeconds(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 5_000);
  });
  // A collector that is away must not turn a clean stop into a failure.
  await Promise.race([work.catch(() => undefined), limit]).finally(() => clearTimeout(timer));
}
