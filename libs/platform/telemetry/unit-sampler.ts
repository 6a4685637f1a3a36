import { type Attributes, type Context, isSpanContextValid, type SpanKind, trace, TraceFlags } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';

/** The attribute that marks a span of one unit of work (an object, a batch): recorded by ratio. */
export const UNIT_SPAN = 'smartant.unit';
/** The attribute that has a span recorded whatever its parent decided: failures, phases. */
export const ALWAYS_RECORDED = 'smartant.always_recorded';
/** Which unit a span is about: the key of an object, a table ("schema.table"), the path of a file (the first and the last of many). */
export const UNIT_NAMES = ['smartant.key', 'smartant.table', 'smartant.path'] as const;

/**
 * Records everything but units of work, which there may be millions of: of those one in `1 / ratio`, with all that happens inside. Chosen
 * per span, not per trace: all units of a run share its trace. A unit that has a name is chosen by it, so that whoever finds the copy of an
 * object also finds its verification. Spans inside an unrecorded one are not recorded, except those marked `ALWAYS_RECORDED`.
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
    return attributes[UNIT_SPAN] !== true || this.shareOf(attributes) < this.ratio;
  }

  private shareOf(attributes: Attributes): number {
    const name = UNIT_NAMES.map((attribute) => attributes[attribute]).find((value) => typeof value === 'string');
    return name === undefined ? this.random() : shareOfText(`${String(attributes['smartant.migration'])}\n${String(name)}`);
  }
}

/** FNV-1a, finished so that texts that differ in their end alone are spread: from 0 to below 1, the same in every process. */
function shareOfText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
