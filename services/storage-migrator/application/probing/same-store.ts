import type { StorageConnector } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';

/**
 * Raises ENDPOINTS_SAME_STORE when source and target are the same objects, or one contains the other, although their
 * addresses differ: an alias, a proxy, an address next to a name. Copies would overwrite what they read, and deletes reach
 * the source. Only the store itself can tell, so a scratch object is left at the target and looked for through the source.
 */
export async function assertNotSameStore(source: StorageConnector, target: StorageConnector, signal: AbortSignal): Promise<void> {
  const [from, to] = [source.location, target.location];
  if (from.kind !== 's3' || to.kind !== 's3' || from.bucket !== to.bucket) return;
  // In the inner of the two prefixes: what both sides' permissions reach.
  const inner = from.prefix.length > to.prefix.length ? from.prefix : to.prefix;
  if (!inner.startsWith(from.prefix) || !inner.startsWith(to.prefix)) return;
  const { reader } = source;
  const { writer } = target;
  if (!reader.holds || !writer?.whileMarked) return;
  const seek = (key: string) => reader.holds!((to.prefix + key).slice(from.prefix.length), signal);
  if (await writer.whileMarked(inner.slice(to.prefix.length), seek, signal)) throw sameStore(to.bucket);
}

function sameStore(bucket: string): SmartantError {
  const message = `Source and target overlap in one store: what is written to bucket "${bucket}" of the target appears in the source.`;
  return new SmartantError('ENDPOINTS_SAME_STORE', message, {
    kind: 'precondition',
    hint: 'The two service URLs lead to the same store. Choose another bucket, or prefixes of which none begins with the other.',
  });
}
