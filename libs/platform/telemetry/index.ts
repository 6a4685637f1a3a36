export { derivedTrace, recordClientRoot, recordDerivedRoot, recordKnownSpan, type KnownSpan } from './derived-spans';
export {
  addToSpan,
  currentOrigin,
  currentTraceId,
  inSpan,
  inUnitSpan,
  recordFailureSpan,
  type SpanAttributes,
  type SpanOrigin,
} from './spans';
export {
  startTelemetry,
  startTelemetryFromEnvironment,
  type Telemetry,
  type TelemetryOptions,
  type TraceExporter,
} from './start-telemetry';
export { injectTraceContext, withExtractedTraceContext } from './trace-context';
export { ALWAYS_RECORDED, UNIT_NAMES } from './unit-sampler';
export { leaveUntraced } from './untraced-requests';
