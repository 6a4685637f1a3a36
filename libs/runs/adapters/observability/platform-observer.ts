import type { SmartantError } from '@smartant/kernel';
import { currentLogContext, withLogContext, type Logger } from '@smartant/platform/logging';
import { counter } from '@smartant/platform/metrics';
import {
  currentTraceId,
  injectTraceContext,
  inSpan,
  inUnitSpan,
  recordFailureSpan,
  withExtractedTraceContext,
} from '@smartant/platform/telemetry';
import type { Attributes, Observer } from '../../observer';

const claims = counter('smartant_shard_claims_total', 'Shards claimed.', ['stage']);
const takeovers = counter('smartant_shard_takeovers_total', 'Shards taken over after their lease ran out.', ['stage']);

/** Spans, logs and metrics of the platform, as far as they are the same for all migrators. */
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
    return inUnitSpan(name, { ...belonging(), ...attributes }, work);
  }

  failure(name: string, attributes: Attributes, error: SmartantError): string {
    recordFailureSpan(name, { ...belonging(), ...attributes }, error);
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

  claimed(kind: string, takenOver: boolean): void {
    claims.inc({ stage: kind });
    if (takenOver) takeovers.inc({ stage: kind });
  }
}

/** Of the work at hand: units are looked for by their migration. */
function belonging(): Attributes {
  const { workspaceId, migrationId, runId, shardId } = currentLogContext();
  return {
    ...(workspaceId === undefined ? {} : { 'smartant.workspace': workspaceId }),
    ...(migrationId === undefined ? {} : { 'smartant.migration': migrationId }),
    ...(runId === undefined ? {} : { 'smartant.run': runId }),
    ...(shardId === undefined ? {} : { 'smartant.shard': shardId }),
  };
}
