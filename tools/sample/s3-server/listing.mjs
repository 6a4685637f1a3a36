import { iso } from './object-writes.mjs';
import { sizeOf } from './object-record.mjs';
import { encodeRfc3986 } from './signature.mjs';
import { S3Error } from './s3-error.mjs';
import { element, namespaced } from './xml.mjs';

/** One page in the order of UTF-8 bytes: objects, and the prefixes that `delimiter` folds. `after` is exclusive. */
function page(keys, { prefix, delimiter, after, most }) {
  const objects = [];
  const prefixes = [];
  // Resuming behind a folded prefix means behind every key under it: U+10FFFF sorts after all of them.
  const folded = delimiter && after.startsWith(prefix) && after.endsWith(delimiter) && after.length > prefix.length;
  let index = Math.max(keys.position(prefix), folded ? keys.position(`${after}\u{10ffff}`, true) : keys.position(after, after !== ''));
  let last;
  for (; index < keys.size;) {
    const key = keys.at(index);
    if (!key.startsWith(prefix)) break;
    if (objects.length + prefixes.length >= most) return { objects, prefixes, next: last };
    const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    if (end < 0) {
      objects.push(key);
      last = key;
      index += 1;
    } else {
      last = key.slice(0, end + delimiter.length);
      prefixes.push(last);
      while (keys.at(index)?.startsWith(last)) index += 1;
    }
  }
  return { objects, prefixes, next: undefined };
}

function pageSize(params) {
  const most = Number(params.get('max-keys') ?? 1000);
  if (!Number.isInteger(most) || most < 0) throw new S3Error('InvalidArgument', 'max-keys must be a whole number.');
  return Math.min(most, 1000);
}

/** Amazon percent-encodes keys in a listing but leaves "/" alone. */
const encoder = (params) => (params.get('encoding-type') === 'url' ? (key) => encodeRfc3986(key).replaceAll('%2F', '/') : (key) => key);

export function listObjects({ bucket, bucketName, params }) {
  const version2 = params.get('list-type') === '2';
  const encode = encoder(params);
  const [prefix, delimiter, most] = [params.get('prefix') ?? '', params.get('delimiter') ?? '', pageSize(params)];
  const token = params.get('continuation-token');
  const start = version2 ? (params.get('start-after') ?? '') : (params.get('marker') ?? '');
  const after = token ? Buffer.from(token, 'base64url').toString('utf8') : start;
  const { objects, prefixes, next } = most === 0 ? { objects: [], prefixes: [] } : page(bucket.keys, { prefix, delimiter, after, most });
  return {
    xml: namespaced('ListBucketResult', [
      element('Name', bucketName),
      element('Prefix', encode(prefix)),
      delimiter ? element('Delimiter', encode(delimiter)) : null,
      params.has('encoding-type') ? element('EncodingType', 'url') : null,
      element('MaxKeys', most),
      element('IsTruncated', next !== undefined),
      ...(version2
        ? continuation({ token, next, params, encode, count: objects.length + prefixes.length })
        : marker({ start, next, encode })),
      ...objects.map((key) => contents(bucket.get(key), encode)),
      ...prefixes.map((folded) => element('CommonPrefixes', [element('Prefix', encode(folded))])),
    ]),
  };
}

const continuation = ({ token, next, params, encode, count }) => [
  element('KeyCount', count),
  token ? element('ContinuationToken', token) : null,
  params.has('start-after') ? element('StartAfter', encode(params.get('start-after'))) : null,
  next === undefined ? null : element('NextContinuationToken', Buffer.from(next).toString('base64url')),
];

const marker = ({ start, next, encode }) => [
  element('Marker', encode(start)),
  next === undefined ? null : element('NextMarker', encode(next)),
];

const contents = (object, encode) =>
  element('Contents', [
    element('Key', encode(object.key)),
    element('LastModified', iso(object.modifiedAtMs)),
    element('ETag', `"${object.etag}"`),
    element('Size', sizeOf(object)),
    element('StorageClass', 'STANDARD'),
  ]);
