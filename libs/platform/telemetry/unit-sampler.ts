import { type Attributes, type Context, isSpanContextValid, type SpanKind, trace, TraceFlags } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';

/** The attribute that marks a span of one unit of work (an object, a batch): recorded by ratio. */
export const UNIT_SPAN = 'smartant.unit';
/** The attribute that has a span recorded whatever its parent decided: failures, phases. */
export const ALWAYS_RECORDED = 'smartant.always_recorded';

/**
 * Records everything but units of work, which there may be millions of: of those one in `1 / ratio`, with all that happens inside. Chosen
 * per span, not per trace: all units of a run share its trace. Spans inside an unrecorded one are not recorded, except
 * those marked `ALWAYS_RECORDED`.
 */
export class UnitSampler implements tracing.Sampler {
  constructor(
    private readonly ratio: number,
    private readonly random: () => number = Math.random,
  ) {}

  shouldSample(context: Context, _traceId: string, _name: string, _kind: SpanKind, attributes: Attributes): tracing.SamplingResult {
    return {
      decision: this.records(context, attributes) ? tracing.SamplingDecision.RECORD_AND_SAMPLED : tracing.SamplingDecision.NOT_RECORD,
    };
  }

  toString(): string {
    return `UnitSampler{${this.ratio}}`;
  }

  private records(context: Context, attributes: Attributes): boolean {
    if (attributes[ALWAYS_RECORDED] === true) return true;
    const parent = trace.getSpanContext(context);
    if (parent && isSpanContextValid(parent) && (parent.traceFlags & TraceFlags.SAMPLED) === 0) return false;
    return attributes[UNIT_SPAN] !== true || this.random() < this.ratio;
  }
}
