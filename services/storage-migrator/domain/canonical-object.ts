import type { ListedObject, ObjectProperties } from '@smartant/connectors';
import { flattenProperties, type Leaf, type LeafEvidence } from '@smartant/proof';
import type { DifferenceKind, RunPlan, VerifyLevel } from './run';

/** What stores answer with when no type was given: means "none". */
const DEFAULT_CONTENT_TYPES = new Set(['application/octet-stream', 'binary/octet-stream']);

/** Properties as they count: a store's default content type is none, and tags count only where both sides keep them. */
export function canonicalProperties(properties: ObjectProperties, plan: Pick<RunPlan, 'tags'>): ObjectProperties {
  const { contentType, ...rest } = properties;
  const typed = contentType && !DEFAULT_CONTENT_TYPES.has(contentType) ? { ...rest, contentType } : rest;
  return plan.tags ? typed : { ...typed, tags: {} };
}

/** The object as an auditor would describe it: the leaf of the proof. */
export function canonicalObject(
  key: string,
  size: number,
  evidence: LeafEvidence,
  properties: ObjectProperties,
  plan: Pick<RunPlan, 'tags'>,
): Leaf {
  return { key, size, evidence, properties: flattenProperties(canonicalProperties(properties, plan)) };
}

/**
 * The evidence that both listings already hold, by level: nothing is needed for `inventory`; equal etags are enough for
 * `checksum`. Null: the content has to be read at both sides.
 */
export function listedEvidence(level: VerifyLevel, source: ListedObject, target: ListedObject): LeafEvidence | null {
  if (level === 'inventory') return { kind: 'none' };
  if (level === 'content' || source.size !== target.size) return null;
  if (source.etag === undefined || source.etag !== target.etag) return null;
  return { kind: 'checksum', algorithm: source.etag.includes('-') ? 'multipart-etag' : 'md5-etag', value: source.etag };
}

/** How two leaves of one key differ, told as the weightiest difference; null when they are equal. */
export function compareLeaves(source: Leaf, target: Leaf): { kind: DifferenceKind; detail: string } | null {
  if (source.size !== target.size) {
    return { kind: 'size', detail: `${source.size} bytes at the source, ${target.size} at the target` };
  }
  if (!sameEvidence(source.evidence, target.evidence)) return { kind: 'content', detail: 'the bytes differ' };
  const names = [...new Set([...Object.keys(source.properties), ...Object.keys(target.properties)])];
  const differing = names.filter((name) => source.properties[name] !== target.properties[name]).sort();
  return differing.length === 0 ? null : { kind: 'properties', detail: `differs in ${differing.join(', ')}` };
}

function sameEvidence(a: LeafEvidence, b: LeafEvidence): boolean {
  if (a.kind === 'sha256') return b.kind === 'sha256' && a.digest.equals(b.digest);
  if (a.kind === 'checksum') return b.kind === 'checksum' && a.algorithm === b.algorithm && a.value === b.value;
  return b.kind === 'none';
}
