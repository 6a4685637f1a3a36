import type { ObjectProperties } from '@smartant/connectors';
import type { RunPlan } from '../../domain/run';

/** What is written to the target: all of it, but tags only where both sides keep them (precheck has said so otherwise). */
export function preservedProperties(properties: ObjectProperties, plan: Pick<RunPlan, 'tags'>): ObjectProperties {
  return plan.tags ? properties : { ...properties, tags: {} };
}
