import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { checkReadCondition, describe, parseRange, sizeOf } from './object-record.mjs';
import { element, namespaced } from './xml.mjs';

/** The bytes of a range, read across the data files of an object. */
export async function* readRange(bucket, object, { start, end }) {
  let offset = 0;
  for (const { file, size } of object.files) {
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, size);
    offset += size;
    if (from < to) yield* createReadStream(join(bucket.dataFolder, file), { start: from, end: to - 1, highWaterMark: 256 << 10 });
  }
}

/** GET and HEAD of an object. */
export async function readObject({ request, response, bucket, key, params }) {
  const object = bucket.get(key);
  checkReadCondition(request.headers, object);
  const size = sizeOf(object);
  const range = parseRange(request.headers.range, size);
  const headers = describe(object, { withChecksum: !range && request.headers['x-amz-checksum-mode'] === 'ENABLED' });
  for (const [name, value] of params) if (name.startsWith('response-')) headers[name.slice('response-'.length)] = value;
  const wanted = range ?? { start: 0, end: size };
  headers['content-length'] = String(wanted.end - wanted.start);
  if (range) headers['content-range'] = `bytes ${range.start}-${range.end - 1}/${size}`;
  response.writeHead(range ? 206 : 200, headers);
  if (request.method === 'HEAD' || wanted.end === wanted.start) return void response.end();
  await pipeline(readRange(bucket, object, wanted), response);
}

export function getTagging({ bucket, key }) {
  const tags = Object.entries(bucket.get(key).tags).map(([name, value]) => element('Tag', [element('Key', name), element('Value', value)]));
  return { xml: namespaced('Tagging', [element('TagSet', tags)]) };
}
