import { createHash, randomUUID } from 'node:crypto';
import Dysmsapi from '@alicloud/dysmsapi20170525';
import { $OpenApiUtil, OpenApiUtil } from '@alicloud/openapi-core';
import type { HttpAnswer, HttpRequest } from '../http/channel-http';

export interface SmsClientOptions {
  accessKeyId: string;
  accessKeySecret: string;
  baseUrl: string;
  carry: (request: HttpRequest) => Promise<HttpAnswer>;
}

const ALGORITHM = 'ACS3-HMAC-SHA256';
const EMPTY_SHA256 = createHash('sha256').digest('hex');

type CallApi = Dysmsapi['callApi'];

/**
 * The vendor's client, which knows the call and signs it; the request itself is carried by ours. The SDK makes its own connections (`httpx`
 * with an agent of its own), takes neither agent nor lookup, follows DNS as it is and reads answers without an end, so that nothing of the
 * guard would hold.
 */
export class SmsClient extends Dysmsapi {
  answer: HttpAnswer | undefined;

  constructor(private readonly options: SmsClientOptions) {
    const { accessKeyId, accessKeySecret, baseUrl } = options;
    super(new $OpenApiUtil.Config({ accessKeyId, accessKeySecret, endpoint: new URL(baseUrl).host }));
  }

  override async callApi(...[params, request]: Parameters<CallApi>): ReturnType<CallApi> {
    const { accessKeyId, accessKeySecret, baseUrl, carry } = this.options;
    const query = (request.query ?? {}) as Record<string, string>;
    const signed = {
      method: 'POST',
      pathname: '/',
      query,
      headers: {
        host: new URL(baseUrl).host,
        'x-acs-action': params.action ?? '',
        'x-acs-version': params.version ?? '',
        'x-acs-date': `${new Date().toISOString().slice(0, 19)}Z`,
        'x-acs-signature-nonce': randomUUID(),
        'x-acs-content-sha256': EMPTY_SHA256,
        accept: 'application/json',
      },
    };
    const authorization = OpenApiUtil.getAuthorization(signed as never, ALGORITHM, EMPTY_SHA256, accessKeyId, accessKeySecret);
    const written = Object.entries(query).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
    const url = `${new URL(baseUrl).origin}/?${written.join('&')}`;
    this.answer = await carry({ url, headers: { ...signed.headers, authorization } });
    return { headers: {}, statusCode: this.answer.status, body: {} };
  }
}
