import { hash } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import { BRIEF } from './retry-policy';
import type { S3Requests, S3Response } from './s3-client';
import { crc32Base64 } from './crc32';
import { invalidAnswer } from './s3-xml';

const CRC32 = 'x-amz-checksum-crc32';

/** Ways of saying that a store does not want the checksum header. */
const CHECKSUM_REFUSALS = new Set(['NotImplemented', 'InvalidArgument', 'InvalidRequest']);

/**
 * Makes sure that a store received the bytes that were sent. A CRC32 is sent first; a store that keeps it says so in its
 * answer. One that does not gets a Content-MD5 from then on, and its etag is compared too, once etags were seen to be MD5s.
 * So no ability has to be known beforehand, and a store that ignores both still cannot corrupt unnoticed.
 */
export class UploadChecks {
  private mode: 'crc32' | 'md5' = 'crc32';
  private etagsAreMd5 = false;

  /** Sends a body with its checksum headers; resolves with its etag. Raises STORAGE_CHECKSUM_MISMATCH. */
  async guarded(bytes: Buffer, send: (headers: Record<string, string>) => Promise<S3Response>): Promise<string> {
    if (this.mode === 'crc32') {
      const crc32 = crc32Base64(bytes);
      const response = await this.sendWithCrc32(crc32, send);
      if (response) return this.afterCrc32(bytes, crc32, response);
    }
    const md5 = hash('md5', bytes, 'base64');
    const response = await send({ 'content-md5': md5 });
    const etag = etagOf(response);
    this.compareEtag(etag, md5, response);
    return etag;
  }

  /** The store keeps CRC32s of parts: complete must name them. */
  get keepsCrc32(): boolean {
    return this.mode === 'crc32';
  }

  private async sendWithCrc32(
    crc32: string,
    send: (headers: Record<string, string>) => Promise<S3Response>,
  ): Promise<S3Response | undefined> {
    try {
      return await send({ [CRC32]: crc32 });
    } catch (error) {
      if (!(error instanceof SmartantError) || !CHECKSUM_REFUSALS.has(error.details['s3Code'] ?? '')) throw error;
      // The reason may be another: then the same refusal comes back without the header.
      this.mode = 'md5';
      return undefined;
    }
  }

  private afterCrc32(bytes: Buffer, crc32: string, response: S3Response): string {
    const kept = response.headers[CRC32];
    const etag = etagOf(response);
    if (kept === undefined) {
      this.mode = 'md5';
      this.compareEtag(etag, hash('md5', bytes, 'base64'), response);
    } else if (kept !== crc32) {
      throw mismatch();
    }
    return etag;
  }

  private compareEtag(etag: string, md5Base64: string, response: S3Response): void {
    if (response.headers['x-amz-server-side-encryption']?.startsWith('aws:kms')) return;
    const equal = etag === Buffer.from(md5Base64, 'base64').toString('hex');
    if (this.etagsAreMd5 && !equal) throw mismatch();
    this.etagsAreMd5 ||= equal;
  }
}

/** The etag of what is stored under a key if its content is this; undefined otherwise. */
export async function holdsContent(client: S3Requests, key: string, bytes: Buffer, signal: AbortSignal): Promise<string | undefined> {
  const headers = { 'x-amz-checksum-mode': 'ENABLED' };
  const response = await client.send({ method: 'HEAD', key, headers, operation: 'look at an object', budget: BRIEF }, signal);
  if (Number(response.headers['content-length']) !== bytes.length) return undefined;
  const etag = etagOf(response);
  const same = response.headers[CRC32] === crc32Base64(bytes) || etag === hash('md5', bytes);
  return same ? etag : undefined;
}

export function etagOf(response: S3Response): string {
  const etag = response.headers['etag']?.replaceAll('"', '');
  if (!etag) throw invalidAnswer('The store did not tell the etag of what it stored.');
  return etag;
}

function mismatch(): SmartantError {
  return new SmartantError('STORAGE_CHECKSUM_MISMATCH', 'The store keeps other bytes than were sent.', {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: 'If it goes on, the network or the store damages data: do not trust it.',
  });
}
