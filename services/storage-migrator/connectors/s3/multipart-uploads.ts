import { createHash } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import type { ObjectProperties, PartReceipt } from '@smartant/connectors';
import { headersFromProperties, type MetadataStyle } from './object-properties';
import { BRIEF } from './retry-policy';
import type { S3Requests, S3Response } from './s3-client';
import { refusalError } from './s3-errors';
import { childrenOf, encodeEntities, invalidAnswer, parseXml, readErrorBody, textOf } from './s3-xml';
import type { StoredTags } from './stored-tags';
import { etagOf, type UploadChecks } from './upload-checks';

/** Multipart uploads by full key. Nothing is kept here between calls: an upload can be gone on with by another process. */
export class MultipartUploads {
  constructor(
    private readonly client: S3Requests,
    private readonly checks: UploadChecks,
    private readonly tags: StoredTags,
    private readonly style: MetadataStyle,
  ) {}

  async begin(key: string, properties: ObjectProperties, signal: AbortSignal): Promise<{ uploadId: string; perhapsTwice?: boolean }> {
    const headers = headersFromProperties(properties, this.style);
    // Amazon takes checksums of parts only for an upload that announced them; stores without them ignore this.
    const announced: Record<string, string> = this.checks.keepsCrc32 ? { 'x-amz-checksum-algorithm': 'CRC32' } : {};
    const request = { method: 'POST', key, query: { uploads: '' }, operation: 'begin a multipart upload' } as const;
    const response = await this.client.send({ ...request, headers: { ...headers, ...announced } }, signal).catch((error: unknown) => {
      if (!(error instanceof SmartantError) || !['NotImplemented', 'InvalidArgument'].includes(error.details['s3Code'] ?? '')) throw error;
      return this.client.send({ ...request, headers }, signal);
    });
    const uploadId = textOf(parseXml(response.body, 'InitiateMultipartUploadResult'), 'UploadId');
    if (!uploadId) throw invalidAnswer('The store began an upload without telling its id.');
    return { uploadId, perhapsTwice: response.uncertain };
  }

  async putPart(key: string, uploadId: string, partNumber: number, bytes: Buffer, signal: AbortSignal): Promise<PartReceipt> {
    let crc32: string | undefined;
    const etag = await this.checks.guarded(bytes, async (headers) => {
      const query = { partNumber: String(partNumber), uploadId };
      const response = await this.client.send({ method: 'PUT', key, query, headers, body: bytes, operation: 'put a part' }, signal);
      crc32 = response.headers['x-amz-checksum-crc32'];
      return response;
    });
    return { partNumber, etag, size: bytes.length, ...(crc32 ? { crc32 } : {}) };
  }

  async listParts(key: string, uploadId: string, signal: AbortSignal): Promise<PartReceipt[]> {
    const receipts: PartReceipt[] = [];
    for (let marker = ''; ;) {
      const query: Record<string, string> = { uploadId, 'max-parts': '1000' };
      if (marker) query['part-number-marker'] = marker;
      const response = await this.client.send({ method: 'GET', key, query, operation: 'list parts' }, signal).catch((error: unknown) => {
        throw asMissingUpload(error);
      });
      const page = parseXml(response.body, 'ListPartsResult');
      receipts.push(...childrenOf(page, 'Part').map(receiptOf));
      const next = textOf(page, 'NextPartNumberMarker') ?? '';
      if (textOf(page, 'IsTruncated') !== 'true' || next === marker || next === '') return receipts;
      marker = next;
    }
  }

  async complete(
    key: string,
    uploadId: string,
    parts: PartReceipt[],
    properties: ObjectProperties,
    condition: Record<string, string>,
    signal: AbortSignal,
  ): Promise<{ etag: string }> {
    const sorted = [...parts].sort((a, b) => a.partNumber - b.partNumber);
    const request = {
      method: 'POST',
      key,
      query: { uploadId },
      headers: condition,
      body: completion(sorted),
      changesObject: true,
      operation: 'complete a multipart upload',
    };
    const etag = await this.client.send(request as never, signal).then(
      (response) => completedEtag(response),
      async (error: unknown) => {
        const own = await this.ownEarlierCompletion(key, sorted, error, signal);
        if (own === undefined) throw asMissingUpload(error);
        return own;
      },
    );
    await this.tags.ensure(this.client, key, properties.tags, signal);
    return { etag };
  }

  /** Completing twice finds no upload, or an object that now exists: it was ours if its etag is the one these parts make. */
  private async ownEarlierCompletion(key: string, parts: PartReceipt[], error: unknown, signal: AbortSignal): Promise<string | undefined> {
    if (!(error instanceof SmartantError)) return undefined;
    const gone = isMissingUpload(error);
    const refused = error.code === 'STORAGE_PRECONDITION_FAILED' && error.details['uncertain'] === 'true';
    if (!gone && !refused) return undefined;
    const head = await this.client
      .send({ method: 'HEAD', key, operation: 'look at an object', budget: BRIEF }, signal)
      .catch((failure: unknown) => {
        if (failure instanceof SmartantError && failure.code === 'STORAGE_OBJECT_NOT_FOUND') return undefined;
        throw failure;
      });
    const etag = head && etagOf(head);
    return etag !== undefined && etag === multipartEtag(parts) ? etag : undefined;
  }

  /** Unfinished uploads of this very key, by anybody. */
  async unfinished(key: string, signal: AbortSignal): Promise<{ uploadId: string; initiatedAtMs: number }[]> {
    const found: { uploadId: string; initiatedAtMs: number }[] = [];
    let marker: Record<string, string> = {};
    for (;;) {
      const query = { uploads: '', prefix: key, 'encoding-type': 'url', ...marker };
      const response = await this.client.send({ method: 'GET', query, operation: 'list multipart uploads' }, signal);
      const page = parseXml(response.body, 'ListMultipartUploadsResult');
      const uploads = childrenOf(page, 'Upload');
      // Longer keys that begin with this one come behind it.
      for (const upload of uploads.filter((one) => names(textOf(one, 'Key'), key))) found.push(unfinishedOf(upload));
      const next = textOf(page, 'NextUploadIdMarker') ?? '';
      const isMore = textOf(page, 'IsTruncated') === 'true' && names(textOf(page, 'NextKeyMarker'), key);
      if (!isMore || next === marker['upload-id-marker']) return found;
      marker = { 'key-marker': key, 'upload-id-marker': next };
    }
  }

  async abort(key: string, uploadId: string, signal: AbortSignal): Promise<void> {
    await this.client
      .send({ method: 'DELETE', key, query: { uploadId }, operation: 'abort a multipart upload' }, signal)
      .catch((error: unknown) => {
        if (!isMissingUpload(error)) throw error;
      });
  }
}

/** MD5 over the MD5s of the parts, and their number: what Amazon, minio, versitygw and most others make of a multipart object. */
export function multipartEtag(parts: PartReceipt[]): string | undefined {
  if (!parts.every((part) => /^[0-9a-f]{32}$/.test(part.etag))) return undefined;
  const md5 = createHash('md5');
  for (const part of parts) md5.update(part.etag, 'hex');
  return `${md5.digest('hex')}-${parts.length}`;
}

function completion(parts: PartReceipt[]): Buffer {
  // Amazon wants the checksums of all parts or of none.
  const withChecksums = parts.every((part) => part.crc32);
  const elements = parts.map((part) => {
    const checksum = withChecksums ? `<ChecksumCRC32>${encodeEntities(part.crc32 ?? '')}</ChecksumCRC32>` : '';
    return `<Part>${checksum}<ETag>&quot;${encodeEntities(part.etag)}&quot;</ETag><PartNumber>${part.partNumber}</PartNumber></Part>`;
  });
  return Buffer.from(
    `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${elements.join('')}</CompleteMultipartUpload>`,
  );
}

/** Status 200 is sent before the work is done: the body may still say that it failed. */
function completedEtag(response: S3Response): string {
  const { code, message } = readErrorBody(response.body);
  if (code) throw refusalError({ status: 500, s3Code: code, message, operation: 'complete a multipart upload', namesObject: true });
  const etag = textOf(parseXml(response.body, 'CompleteMultipartUploadResult'), 'ETag')?.replaceAll('"', '');
  if (!etag) throw invalidAnswer('The store completed an upload without telling the etag.');
  return etag;
}

function receiptOf(part: Parameters<typeof textOf>[0]): PartReceipt {
  const crc32 = textOf(part, 'ChecksumCRC32');
  return {
    partNumber: Number(textOf(part, 'PartNumber')),
    etag: (textOf(part, 'ETag') ?? '').replaceAll('"', ''),
    size: Number(textOf(part, 'Size')),
    ...(crc32 ? { crc32 } : {}),
  };
}

/** Some stores encode keys when they are asked to, some do not. */
function names(text: string | undefined, key: string): boolean {
  if (text === undefined || text === key) return text === key;
  try {
    return decodeURIComponent(text.replaceAll('+', ' ')) === key;
  } catch {
    return false;
  }
}

function unfinishedOf(upload: Parameters<typeof textOf>[0]): { uploadId: string; initiatedAtMs: number } {
  const initiatedAtMs = Date.parse(textOf(upload, 'Initiated') ?? '');
  return { uploadId: textOf(upload, 'UploadId') ?? '', initiatedAtMs: Number.isNaN(initiatedAtMs) ? 0 : initiatedAtMs };
}

function isMissingUpload(error: unknown): boolean {
  return error instanceof SmartantError && ['STORAGE_UPLOAD_NOT_FOUND', 'STORAGE_OBJECT_NOT_FOUND'].includes(error.code);
}

/** Some stores answer NoSuchKey, or a bodyless 404. */
function asMissingUpload(error: unknown): unknown {
  if (!(error instanceof SmartantError) || error.code !== 'STORAGE_OBJECT_NOT_FOUND') return error;
  return new SmartantError('STORAGE_UPLOAD_NOT_FOUND', 'The multipart upload does not exist.', { kind: 'not-found', cause: error });
}
