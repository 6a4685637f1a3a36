import type { ListedObject, StorageReader } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import { keyBefore } from '../../domain/key-neighbour';

/**
 * One object as a listing tells it now, or null when there is none: the same identity (change id, times) that the walk's
 * own listing would give. Raises STORAGE_ACCESS_DENIED when its folder can no longer be listed.
 */
export async function lookAgain(reader: StorageReader, key: string, signal: AbortSignal): Promise<ListedObject | null> {
  for await (const object of reader.list({ after: keyBefore(key), through: key }, signal)) {
    if (object.unreadable && key.startsWith(object.key)) {
      throw new SmartantError('STORAGE_ACCESS_DENIED', object.unreadable.reason, { kind: 'forbidden', actor: 'operator' });
    }
    if (object.key === key) return object;
  }
  return null;
}
