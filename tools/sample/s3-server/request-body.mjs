import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { S3Error } from './s3-error.mjs';

const maxChunkBytes = 64 << 20;

/** Incremental digests by the name S3 gives them, each ending in base64. */
const digests = {
  crc32: () => {
    let value = 0;
    const end = () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value >>> 0);
      return bytes.toString('base64');
    };
    return { update: (data) => (value = crc32(data, value)), end };
  },
  sha1: () => hashDigest('sha1'),
  sha256: () => hashDigest('sha256'),
};

function hashDigest(name) {
  const hash = createHash(name);
  return { update: (data) => hash.update(data), end: () => hash.digest('base64') };
}

/** Which checksum the client sends, in a header or in a trailer after an aws-chunked body. */
function announcedChecksum(headers) {
  const trailer = (headers['x-amz-trailer'] ?? '').trim().toLowerCase();
  const header = Object.keys(headers).find((name) => /^x-amz-checksum-(crc|sha)/.test(name));
  const name = header ?? (trailer.startsWith('x-amz-checksum-') ? trailer : undefined);
  if (!name) return undefined;
  const algorithm = name.slice('x-amz-checksum-'.length);
  if (!digests[algorithm]) throw new S3Error('NotImplemented', `The checksum ${algorithm} is not supported here.`);
  return { algorithm, expected: header && headers[header] };
}

/** Reads lines and exact lengths from a stream of buffers. */
class ByteReader {
  #parts;
  #rest = Buffer.alloc(0);
  constructor(stream) {
    this.#parts = stream[Symbol.asyncIterator]();
  }

  async #more() {
    const { value, done } = await this.#parts.next();
    if (done) throw new S3Error('IncompleteBody', 'The body ended before its announced length.');
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
  }

  async line() {
    for (;;) {
      const end = this.#rest.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#rest.subarray(0, end).toString('latin1');
        this.#rest = this.#rest.subarray(end + 2);
        return line;
      }
      if (this.#rest.length > 16_384) throw new S3Error('InvalidArgument', 'A chunk header is too long.');
      await this.#more();
    }
  }

  async *take(length) {
    for (let left = length; left > 0;) {
      if (this.#rest.length === 0) await this.#more();
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }
}

/** Decodes `Content-Encoding: aws-chunked`; trailers are put into `trailers`. */
async function* decodeChunks(request, { signed, hasTrailer, verifyChunk, trailers }) {
  const reader = new ByteReader(request);
  for (;;) {
    const match = /^([0-9a-f]+)(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(await reader.line());
    const length = match ? Number.parseInt(match[1], 16) : NaN;
    if (!(length <= maxChunkBytes)) throw new S3Error('InvalidArgument', 'A chunk header is malformed.');
    if (signed) {
      const chunk = await Readable.from(reader.take(length)).toArray();
      verifyChunk(Buffer.concat(chunk), match[2] ?? '');
      yield* chunk;
    } else yield* reader.take(length);
    if (length === 0) break;
    await reader.line();
  }
  if (!hasTrailer) return;
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const colon = line.indexOf(':');
    trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
}

function decodedStream(request, verifyChunk, trailers) {
  const payload = request.headers['x-amz-content-sha256'] ?? '';
  if (!payload.startsWith('STREAMING-')) return request;
  return decodeChunks(request, { signed: payload.includes('-HMAC-'), hasTrailer: payload.endsWith('-TRAILER'), verifyChunk, trailers });
}

/**
 * Writes the body of a request to a new file in `folder` and checks every digest that came with it (Content-MD5,
 * x-amz-content-sha256, x-amz-checksum-*). Resolves with the file's name, size, MD5 and checksum; on any failure the file is removed.
 */
export async function storeBody(request, folder, verifyChunk) {
  const file = randomUUID();
  const checksum = announcedChecksum(request.headers);
  const wantedSha256 = /^[0-9a-f]{64}$/.exec(request.headers['x-amz-content-sha256'] ?? '')?.[0];
  const md5 = createHash('md5');
  const sha256 = wantedSha256 ? createHash('sha256') : undefined;
  const extra = checksum && digests[checksum.algorithm]();
  const trailers = {};
  let size = 0;
  async function* digested(source) {
    for await (const part of source) {
      size += part.length;
      md5.update(part);
      sha256?.update(part);
      extra?.update(part);
      yield part;
    }
  }
  try {
    await pipeline(digested(decodedStream(request, verifyChunk, trailers)), createWriteStream(join(folder, file), { flags: 'wx' }));
    const declared = request.headers['x-amz-decoded-content-length'] ?? request.headers['content-length'];
    if (declared !== undefined && Number(declared) !== size)
      throw new S3Error('IncompleteBody', 'The body is not as long as it was announced.');
    const digest = md5.digest();
    checkMd5(request.headers['content-md5'], digest);
    if (sha256 && sha256.digest('hex') !== wantedSha256)
      throw new S3Error('XAmzContentSHA256Mismatch', 'The body does not match x-amz-content-sha256.');
    const value = extra?.end();
    const expected = checksum?.expected ?? trailers[`x-amz-checksum-${checksum?.algorithm}`];
    if (checksum && value !== expected)
      throw new S3Error('BadDigest', `The ${checksum.algorithm} you specified did not match what was received.`);
    return { file, size, md5: digest.toString('hex'), checksum: checksum && { algorithm: checksum.algorithm, value } };
  } catch (error) {
    await rm(join(folder, file), { force: true });
    throw error;
  }
}

function checkMd5(header, digest) {
  if (header === undefined) return;
  const wanted = Buffer.from(header, 'base64');
  if (wanted.length !== 16) throw new S3Error('InvalidDigest', 'The Content-MD5 you specified is not valid.');
  if (!wanted.equals(digest)) throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what was received.');
}

/** A small XML body as text; its digests are checked like any other body's where they were sent. */
export async function readText(request, verifyChunk, maxBytes = 8 << 20) {
  const parts = [];
  let size = 0;
  for await (const part of decodedStream(request, verifyChunk, {})) {
    size += part.length;
    if (size > maxBytes) throw new S3Error('EntityTooLarge', 'The body is too large.');
    parts.push(part);
  }
  const body = Buffer.concat(parts);
  checkMd5(request.headers['content-md5'], createHash('md5').update(body).digest());
  const wanted = request.headers['x-amz-content-sha256'] ?? '';
  if (/^[0-9a-f]{64}$/.test(wanted) && createHash('sha256').update(body).digest('hex') !== wanted) {
    throw new S3Error('XAmzContentSHA256Mismatch', 'The body does not match x-amz-content-sha256.');
  }
  return body.toString('utf8');
}
