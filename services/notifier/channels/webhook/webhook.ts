import { createHmac } from 'node:crypto';
import { guardedFetch, type EgressGuard } from '@smartant/platform/egress';
import { z } from 'zod';
import type { ChannelType } from '../../application/ports/channel';
import { ChannelError } from '../../application/ports/channel-error';

const settingsSchema = z.strictObject({ url: z.url({ protocol: /^https?$/ }) });
const secretsSchema = z.strictObject({ signingKey: z.string().min(16).optional() });

/** JSON to an address, signed where there is a key. */
export function webhook(egress: EgressGuard): ChannelType {
  const fetch = guardedFetch(egress);
  return {
    type: 'webhook',
    limits: { messagesPerMinute: 0, messageBytes: 256 * 1024 },
    settingsSchema: z.toJSONSchema(settingsSchema) as Record<string, unknown>,
    secretsSchema: z.toJSONSchema(secretsSchema) as Record<string, unknown>,
    check: (settings, secrets) =>
      [settingsSchema.safeParse(settings), secretsSchema.safeParse(secrets)].flatMap((parsed, index) =>
        (parsed.error?.issues ?? []).map(({ path, message }) => ({
          field: [index === 0 ? 'settings' : 'secrets', ...path].join('.'),
          message,
        })),
      ),
    open: (settings, secrets) => ({
      send: async (message, signal) => {
        const body = JSON.stringify(message);
        const signature = secrets['signingKey'] && createHmac('sha256', secrets['signingKey']).update(body).digest('hex');
        const headers = { 'content-type': 'application/json', ...(signature ? { 'x-smartant-signature': `sha256=${signature}` } : {}) };
        const init = { method: 'POST', body, headers, signal, redirect: 'manual' } as const;
        const response = await fetch(settingsSchema.parse(settings).url, init).catch((cause: unknown) => {
          throw new ChannelError('NOTIFY_CHANNEL_UNREACHABLE', 'The address cannot be reached.', 'retry', { cause });
        });
        await response.body?.cancel();
        if (response.ok) return { providerId: '' };
        const refusal = response.status >= 500 || response.status === 429 ? 'retry' : 'give-up';
        throw new ChannelError('NOTIFY_CHANNEL_PROVIDER_FAILED', `The address answered ${response.status}.`, refusal, {
          providerCode: String(response.status),
        });
      },
    }),
  };
}
