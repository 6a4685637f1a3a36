import { SmartantError } from '@smartant/kernel';

/** Where a shard stands among those of its run. */
export interface ShardPlace {
  stage: string;
  ordinal: number;
  path: number[];
  id: string;
}

/** A page token: opaque to whoever is given it. */
export function writeShardPlace({ stage, ordinal, path, id }: ShardPlace): string {
  return Buffer.from(JSON.stringify([stage, ordinal, path, id])).toString('base64url');
}

/** Raises PAGE_TOKEN_INVALID. */
export function readShardPlace(token: string): ShardPlace {
  try {
    const [stage, ordinal, path, id] = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as unknown[];
    if (isText(stage) && isOrdinal(ordinal) && Array.isArray(path) && path.every(isOrdinal) && isText(id))
      return { stage, ordinal, path, id };
  } catch {
    // Not even JSON.
  }
  throw new SmartantError('PAGE_TOKEN_INVALID', 'The page token is not one of ours.', {
    kind: 'invalid',
    hint: 'Use nextPageToken of the page before as it is, or leave it out to begin anew.',
    fields: [{ field: 'pageToken', message: 'is not a token of this list' }],
  });
}

const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');
const isOrdinal = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31;
