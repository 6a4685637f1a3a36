import { createHash, hash } from 'node:crypto';
import type { ListedObject, ObjectProperties, StorageReader } from '@smartant/connectors';
import type { Gate } from '@smartant/shards';
import type { PartBuffers } from './part-buffers';
import { DEFAULT_PART_SIZE_BYTES, partsOf, type Part } from '../../domain/part-layout';

/** Reads ahead of the hash, for one object. */
const READS_AHEAD = 3;

export interface DigestTools {
  memory: Gate;
  parts: PartBuffers;
  moved: (bytes: number) => void;
}

/** SHA-256 of an object's content, and its properties, of exactly the listed version. Raises STORAGE_SOURCE_CHANGED. */
export async function digestObject(
  reader: StorageReader,
  object: ListedObject,
  tools: DigestTools,
  signal: AbortSignal,
): Promise<{ sha256: Buffer; properties: ObjectProperties }> {
  if (object.size <= DEFAULT_PART_SIZE_BYTES) return digestWhole(reader, object, tools, signal);
  const properties = await reader.properties(object, signal);
  return { sha256: await digestByRanges(reader, object, tools, signal), properties };
}

async function digestWhole(reader: StorageReader, object: ListedObject, tools: DigestTools, signal: AbortSignal) {
  const release = await tools.memory.enter(signal, object.size);
  try {
    const { bytes, properties } = await reader.read(object, signal);
    tools.moved(bytes.length);
    return { sha256: hash('sha256', bytes, 'buffer'), properties };
  } finally {
    release();
  }
}

/**
 * Ranges are read ahead and hashed in order. Memory is waited for only while none is held, and read ahead only where
 * there is room at once: so objects that share the budget never wait for each other in a circle.
 */
async function digestByRanges(reader: StorageReader, object: ListedObject, tools: DigestTools, signal: AbortSignal): Promise<Buffer> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const sum = createHash('sha256');
  const ahead: Promise<Read>[] = [];
  const parts = partsOf(object.size, DEFAULT_PART_SIZE_BYTES);
  const start = (release: () => void): void => {
    const part = parts.shift();
    if (part) ahead.push(readPart({ reader, object, part, into: tools.parts.take(part.end - part.start), release }, both));
  };
  try {
    while (ahead.length > 0 || parts.length > 0) {
      if (ahead.length === 0) start(await tools.memory.enter(both, DEFAULT_PART_SIZE_BYTES));
      while (ahead.length < READS_AHEAD && parts.length > 0) {
        const release = tools.memory.tryEnter(DEFAULT_PART_SIZE_BYTES);
        if (!release) break;
        start(release);
      }
      const { bytes, into, release } = (await ahead.shift()) as Read;
      sum.update(bytes);
      tools.parts.give(into);
      tools.moved(bytes.length);
      release();
    }
    return sum.digest();
  } catch (error) {
    stop.abort(error);
    const dropped = await Promise.allSettled(ahead);
    for (const read of dropped) if (read.status === 'fulfilled') read.value.release();
    throw error;
  }
}

interface Read {
  bytes: Buffer;
  into: Buffer;
  release: () => void;
}

interface PartRead {
  reader: StorageReader;
  object: ListedObject;
  part: Part;
  into: Buffer;
  release: () => void;
}

async function readPart({ reader, object, part, into, release }: PartRead, signal: AbortSignal): Promise<Read> {
  try {
    return { bytes: await reader.readRange(object, part, signal, into), into, release };
  } catch (error) {
    release();
    throw error;
  }
}
