import type { TraceSpan } from '../../application/ports/trace-store';

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: string | number; doubleValue?: number; boolValue?: boolean; arrayValue?: unknown };
}

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status?: { code?: number; message?: string };
  attributes?: Attribute[];
}

interface OtlpRequest {
  resourceSpans?: { resource?: { attributes?: Attribute[] }; scopeSpans?: { spans?: OtlpSpan[] }[] }[];
}

const FAILED = 2;

/** The spans of one line of OTLP/JSON. A line that was cut when its writer was killed has none. */
export function spansOfLine(line: string): TraceSpan[] {
  let request: OtlpRequest;
  try {
    request = JSON.parse(line) as OtlpRequest;
  } catch {
    return [];
  }
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const where = textAttributes(resource?.attributes);
    return (scopeSpans ?? []).flatMap(({ spans }) => (spans ?? []).map((span) => toSpan(span, where)));
  });
}

function toSpan(span: OtlpSpan, where: Record<string, string>): TraceSpan {
  const attributes = textAttributes(span.attributes);
  const failed = span.status?.code === FAILED;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || null,
    name: span.name,
    service: where['service.name'] ?? '',
    host: where['host.name'] ?? '',
    startedAt: new Date(Number(BigInt(span.startTimeUnixNano) / 1_000_000n)).toISOString(),
    durationMs: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
    failed,
    errorCode: failed ? (attributes['smartant.error_code'] ?? null) : null,
    message: span.status?.message || null,
    attributes,
  };
}

function textAttributes(attributes: Attribute[] = []): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, textOf(value)]));
}

function textOf(value: Attribute['value']): string {
  const { stringValue, intValue, doubleValue, boolValue } = value;
  const plain = stringValue ?? intValue ?? doubleValue ?? boolValue;
  return plain === undefined ? JSON.stringify(value) : String(plain);
}
