import { z } from 'zod';
import type { Channel } from '../../application/ports/channel';
import { refused } from '../channel-refusals';
import { ChannelHttp, type HttpAnswer } from '../http/channel-http';
import { isObject, textOf } from '../http/json-answer';
import { statusRefusal } from '../http/status-refusal';
import { withoutMentions } from '../rendering/escapes';
import { characters } from '../rendering/fit-text';
import { messageText } from '../rendering/message-text';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { authorities, baseAddress, secret, under } from '../settings/fields';

/** https://core.telegram.org/bots/faq: 20 a minute to one group. 4,096 UTF-16 units, of three bytes at most. */
const LIMITS = { messagesPerMinute: 20, messageBytes: 12_288 };
const TEXT_CHARACTERS = 4_096;

export function telegram(dependencies: ChannelDependencies) {
  const { guard, nowMs } = dependencies;
  return channelType(dependencies, {
    type: 'telegram',
    limits: LIMITS,
    settings: z.strictObject({
      chatId: z
        .string()
        .regex(/^(-?\d{1,20}|@\w{5,64})$/, 'A number, or the @name of a public channel, is expected.')
        .describe('The chat: its id (groups begin with -), or the @name of a public channel. The bot must be in it.'),
      threadId: z.int().min(0).default(0).describe('The topic of a forum; 0: none.'),
      silent: z.boolean().default(false).describe('Deliver without a sound.'),
      baseUrl: baseAddress(
        guard,
        'https://api.telegram.org',
        'Address of the bot interface; another one for a Bot API server of your own.',
      ),
      caPem: authorities(),
    }),
    secrets: z.strictObject({
      botToken: secret('The bot’s token, as BotFather shows it.', 200).regex(/^\d+:[\w-]+$/, 'A bot’s token is expected.'),
    }),
    open: ({ chatId, threadId, silent, baseUrl, caPem }, { botToken }): Channel => {
      const http = new ChannelHttp(guard, caPem);
      return {
        send: async (message, signal) => {
          // Without parse_mode nothing is markup.
          const text = messageText(message, { limit: TEXT_CHARACTERS, size: characters, escape: withoutMentions });
          const request = {
            chat_id: chatId,
            text,
            disable_notification: silent,
            link_preview_options: { is_disabled: true },
            ...(threadId === 0 ? {} : { message_thread_id: threadId }),
          };
          return { providerId: messageId(await http.sendJson(under(baseUrl, `/bot${botToken}/sendMessage`), request, signal), nowMs()) };
        },
        close: () => http.close(),
      };
    },
  });
}

/** https://core.telegram.org/bots/api#making-requests */
function messageId(answer: HttpAnswer, nowMs: number): string {
  const body = isObject(answer.json) ? answer.json : undefined;
  if (body?.['ok'] === true) return isObject(body['result']) ? textOf(body['result']['message_id']) : '';
  const parameters = isObject(body?.['parameters']) ? body['parameters'] : {};
  const seconds = parameters['retry_after'];
  if (answer.status === 429 && typeof seconds === 'number') {
    throw refused('throttled', { providerCode: '429', retryAfterMs: Math.min(Math.max(seconds, 0), 86_400) * 1_000 });
  }
  // 400: there is no such chat, or it became another; the message itself is always one that it takes. 404: there is no such bot.
  if (answer.status >= 400)
    throw statusRefusal(answer, nowMs, { 400: 'policy', 403: 'gone', 404: 'credentials', 409: 'failed', 420: 'throttled' });
  if (answer.status >= 300) throw statusRefusal(answer, nowMs);
  throw refused('answer');
}
