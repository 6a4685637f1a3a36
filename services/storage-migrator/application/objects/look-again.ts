import type { ListedObject, StorageReader } from '@smartant/connectors';
import { keyBefore } from '../../domain/key-neighbour';

/**
 * One object as a listing tells it now, or null when there is none: the same identity (change id, times) that the walk's
 * own listing would give.
 */
export async function lookAgain(reader: StorageReader, key: string, signal: AbortSignal): Promise<ListedObject | null> {
  for await (const object of reader.list({ after: keyBefore(key), through: key }, signal)) {
    if (object.key === key) return object;
  }
  return null;
}
