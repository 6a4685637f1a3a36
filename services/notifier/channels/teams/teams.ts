import { z } from 'zod';
import type { Channel } from '../../application/ports/channel';
import type { Message } from '../../domain/message';
import { ChannelHttp } from '../http/channel-http';
import { statusRefusal, succeeded } from '../http/status-refusal';
import { fitText, jsonBytes } from '../rendering/fit-text';
import { cleanText, cutMark, linkOf, titleOf } from '../rendering/message-text';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { authorities, secretAddress } from '../settings/fields';

/** https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/format-your-bot-messages: 28 KB with all around it. */
const LIMITS = { messagesPerMinute: 60, messageBytes: 28_000 };
const TEXT_BYTES = 14_000;
/** Each line is an element of the card, with some 80 bytes around it. */
const LINES = 80;

/** A webhook of the app Workflows ("Post to a channel when a webhook request is received"). */
export function teams(dependencies: ChannelDependencies) {
  const { guard, nowMs } = dependencies;
  return channelType(dependencies, {
    type: 'teams',
    limits: LIMITS,
    settings: z.strictObject({ caPem: authorities() }),
    secrets: z.strictObject({ url: secretAddress(guard, 'The address of the workflow’s webhook; its signature (sig=) is in it.') }),
    open: ({ caPem }, { url }): Channel => {
      const http = new ChannelHttp(guard, caPem);
      return {
        send: async (message, signal) => {
          const answer = await http.sendJson(url, cardMessage(message), signal);
          // A workflow that is switched off, and one that was made for other requests, both say 400.
          if (!succeeded(answer)) throw statusRefusal(answer, nowMs(), { 400: 'policy', 413: 'message' });
          return { providerId: (answer.headers['x-ms-workflow-run-id'] ?? '').replace(/[^\w-]/g, '').slice(0, 100) };
        },
        close: () => http.close(),
      };
    },
  });
}

const COLOURS = { critical: 'Attention', warning: 'Warning', info: 'Accent' } as const;
const LINK_TEXTS = { en: 'Open', zh: '查看详情' } as const;

/** Runs of text have no markup, unlike text blocks, whose markdown has no escape that all clients know. */
function cardMessage(message: Message): object {
  const link = linkOf(message);
  const run = (text: string, look: object = {}) => ({ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text, ...look }] });
  const all = cleanText(message.text).split('\n');
  const few = all.length > LINES ? [...all.slice(0, LINES), cutMark(message)] : all;
  const lines = fitText(few.join('\n'), { limit: TEXT_BYTES, size: jsonBytes, mark: cutMark(message) }).split('\n');
  const color = message.status === 'firing' ? COLOURS[message.severity] : 'Good';
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [
      run(titleOf(message), { weight: 'Bolder', size: 'Medium', color }),
      ...lines.filter((line) => line.trim() !== '').map((line) => run(line)),
    ],
    actions: link === '' ? [] : [{ type: 'Action.OpenUrl', title: LINK_TEXTS[message.language], url: link }],
  };
  return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }] };
}
