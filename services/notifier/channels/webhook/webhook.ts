import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Channel } from '../../application/ports/channel';
import { ChannelHttp } from '../http/channel-http';
import { statusRefusal, succeeded } from '../http/status-refusal';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { authorities, secret, secretAddress } from '../settings/fields';
import { notificationBody } from './notification-body';

const LIMITS = { messagesPerMinute: 0, messageBytes: 256 * 1024 };

/** For systems of your own. The body is the same, byte for byte, at every attempt of a delivery. */
export function webhook(dependencies: ChannelDependencies) {
  const { guard, nowMs } = dependencies;
  return channelType(dependencies, {
    type: 'webhook',
    limits: LIMITS,
    settings: z.strictObject({ caPem: authorities() }),
    secrets: z.strictObject({
      url: secretAddress(guard, 'The address that notifications are posted to.'),
      signingKey: secret('The key that notifications are signed with; at least 16 characters. The receiver has the same.').min(
        16,
        'At least 16 characters are expected.',
      ),
      authorization: secret('What is sent as Authorization, for example Bearer …; leave it out where nothing is asked for.')
        .regex(/^[\x20-\x7e]+$/, 'Printable ASCII is expected.')
        .optional(),
    }),
    open: ({ caPem }, { url, signingKey, authorization }): Channel => {
      const http = new ChannelHttp(guard, caPem);
      return {
        send: async (message, signal) => {
          const body = notificationBody(message, LIMITS.messageBytes);
          const headers = {
            'content-type': 'application/json; charset=utf-8',
            'smartant-delivery': headerText(message.id),
            'smartant-schema': 'smartant.notification/v1',
            'smartant-signature': signatureHeader(body, signingKey, nowMs()),
            ...(authorization === undefined ? {} : { authorization }),
          };
          const answer = await http.send({ url, headers, body }, signal);
          // 409: it has this delivery already.
          if (!succeeded(answer) && answer.status !== 409) throw statusRefusal(answer, nowMs());
          return { providerId: '' };
        },
        close: () => http.close(),
      };
    },
  });
}

/** `t=<seconds>,v1=<HMAC-SHA256 of "seconds.body", hexadecimal>`: the time is signed too, so that an old request cannot be played again later. */
export function signatureHeader(body: string, signingKey: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000);
  return `t=${seconds},v1=${createHmac('sha256', signingKey).update(`${seconds}.${body}`).digest('hex')}`;
}

function headerText(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '');
}
