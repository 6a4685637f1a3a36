import type { SmartantError } from '@smartant/kernel';
import { withLogContext, type Logger } from '@smartant/platform/logging';
import { counter } from '@smartant/platform/metrics';
import {
  currentTraceId,
  injectTraceContext,
  inSpan,
  inUnitSpan,
  recordFailureSpan,
  withExtractedTraceContext,
} from '@smartant/platform/telemetry';
import type { Attributes, Observer } from '../../application/ports/observer';

const bytesMoved = counter('smartant_storage_bytes_total', 'Bytes read and written by copies, and read by verification', ['stage']);
const objectsDone = counter('smartant_storage_objects_total', 'Objects by outcome', ['outcome']);
const retries = counter('smartant_storage_retries_total', 'Requests repeated after a passing failure', ['code']);
const claims = counter('smartant_shard_claims_total', 'Shards claimed', ['stage']);
const takeovers = counter('smartant_shard_takeovers_total', 'Shards taken over after their lease ran out', ['stage']);

/** Spans, logs and metrics of the platform. */
export class PlatformObserver implements Observer {
  constructor(private readonly logger: Logger) {}

  span<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
    const text = (key: string): string | undefined => attributes[key]?.toString();
    const context = {
      workspaceId: text('smartant.workspace'),
      migrationId: text('smartant.migration'),
      runId: text('smartant.run'),
      shardId: text('smartant.shard'),
    };
    return withLogContext(context, () => inSpan(name, attributes, work));
  }

  unit<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
    return inUnitSpan(name, attributes, work);
  }

  failure(name: string, attributes: Attributes, error: SmartantError): string {
    recordFailureSpan(name, attributes, error);
    const traceId = currentTraceId() ?? '';
    this.logger.error({ ...attributes, code: error.code, err: error }, name);
    return traceId;
  }

  carryTrace(): Record<string, string> {
    const carrier: Record<string, string> = {};
    injectTraceContext(carrier);
    return carrier;
  }

  underTrace<T>(carrier: Record<string, string>, work: () => Promise<T>): Promise<T> {
    return withExtractedTraceContext(carrier, work);
  }

  info(message: string, attributes: Attributes): void {
    this.logger.info(attributes, message);
  }

  warn(message: string, attributes: Attributes, error?: unknown): void {
    this.logger.warn({ ...attributes, err: error }, message);
  }

  transferred(bytes: number, stage: string): void {
    bytesMoved.inc({ stage }, bytes);
  }

  objects(outcome: string, count: number): void {
    objectsDone.inc({ outcome }, count);
  }

  retried(code: string): void {
    retries.inc({ code });
  }

  claimed(kind: string, takenOver: boolean): void {
    claims.inc({ stage: kind });
    if (takenOver) takeovers.inc({ stage: kind });
  }
}
