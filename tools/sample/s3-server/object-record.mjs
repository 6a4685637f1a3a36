import { S3Error } from './s3-error.mjs';

const contentHeaders = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-disposition',
  'cache-control',
  'expires',
  'x-amz-website-redirect-location',
];

/** What is kept of an object beside its bytes, from the headers of the request that writes it. */
export function propertiesOf(headers) {
  const content = {};
  for (const name of contentHeaders) {
    // aws-chunked is how the body travelled, not a property of the object.
    const value = name === 'content-encoding' ? headers[name]?.replace(/(^|,)\s*aws-chunked\s*(,|$)/, '') : headers[name];
    if (value) content[name] = value;
  }
  const metadata = {};
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('x-amz-meta-')) metadata[name.slice('x-amz-meta-'.length)] = value;
  return { content, metadata, tags: parseTagHeader(headers['x-amz-tagging']) };
}

function parseTagHeader(header) {
  if (!header) return {};
  return checkedTags([...new URLSearchParams(header)]);
}

export function checkedTags(pairs) {
  if (pairs.length > 10) throw new S3Error('InvalidArgument', 'An object has at most 10 tags.');
  for (const [name, value] of pairs) {
    if (name.length === 0 || name.length > 128 || value.length > 256)
      throw new S3Error('InvalidArgument', 'A tag is too long or has no name.');
  }
  return Object.fromEntries(pairs);
}

/** Amazon's limit: 1,024 bytes of UTF-8. */
export function checkKey(key) {
  if (Buffer.byteLength(key) > 1024) throw new S3Error('KeyTooLongError', 'Your key is too long.');
}

/** Response headers that describe an object. */
export function describe(object, { withChecksum = false } = {}) {
  const headers = {
    'content-type': 'binary/octet-stream',
    ...object.content,
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.modifiedAtMs).toUTCString(),
    'accept-ranges': 'bytes',
  };
  for (const [name, value] of Object.entries(object.metadata)) headers[`x-amz-meta-${name}`] = value;
  const tags = Object.keys(object.tags).length;
  if (tags > 0) headers['x-amz-tagging-count'] = String(tags);
  if (withChecksum && object.checksum) headers[`x-amz-checksum-${object.checksum.algorithm}`] = object.checksum.value;
  return headers;
}

export const sizeOf = (object) => object.files.reduce((sum, { size }) => sum + size, 0);

/** The condition headers of a write; none where the server was told to ignore them. */
export const writeCondition = ({ headers, ignoresWriteConditions }) =>
  ignoresWriteConditions ? {} : { ifMatch: headers['if-match'], ifNoneMatch: headers['if-none-match'] };

const matches = (header, etag) =>
  header.split(',').some((candidate) => candidate.trim() === '*' || candidate.trim().replace(/^"|"$/g, '') === etag);

/** Applies the conditions of a read; `prefix` is `x-amz-copy-source-` when the object is the source of a copy. */
export function checkReadCondition(headers, object, prefix = '') {
  const refused = new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold.');
  const [ifMatch, ifNoneMatch] = [headers[`${prefix}if-match`], headers[`${prefix}if-none-match`]];
  const [modified, unmodified] = [headers[`${prefix}if-modified-since`], headers[`${prefix}if-unmodified-since`]];
  const seconds = Math.floor(object.modifiedAtMs / 1000) * 1000;
  if (ifMatch !== undefined && !matches(ifMatch, object.etag)) throw refused;
  if (ifMatch === undefined && unmodified && seconds > Date.parse(unmodified)) throw refused;
  const unchanged = prefix ? refused : new S3Error('NotModified', 'Not modified.');
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, object.etag)) throw unchanged;
  if (ifNoneMatch === undefined && modified && seconds <= Date.parse(modified)) throw unchanged;
}

/** `bytes=a-b`, `bytes=a-` or `bytes=-n` as { start, end } (end exclusive); undefined for the whole object. */
export function parseRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size : Math.min(size, Number(match[2]) + 1);
  if (start >= size || end <= start) throw new S3Error('InvalidRange', 'The requested range cannot be satisfied.');
  return { start, end };
}
