import { z } from 'zod';
import type { Channel } from '../../application/ports/channel';
import type { Message } from '../../domain/message';
import type { CodeTable } from '../channel-refusals';
import { ChannelHttp } from '../http/channel-http';
import { taken } from '../http/wechat-api';
import { markdownAsText, withoutTags } from '../rendering/escapes';
import { messageText } from '../rendering/message-text';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { authorities, secretAddress } from '../settings/fields';

/** https://developer.work.weixin.qq.com/document/path/91770 */
const LIMITS = { messagesPerMinute: 20, messageBytes: 4_096 };
const TEXT_BYTES = 2_048;

const CODES: CodeTable = { '40008': 'message', '93000': 'gone', '93004': 'gone', '93008': 'gone' };

const settingsSchema = z.strictObject({
  format: z
    .enum(['markdown', 'text'])
    .default('markdown')
    .describe('How the message is drawn: markdown (4,096 bytes), or plain text (2,048 bytes), which can call people.'),
  mentionUserIds: z
    .array(z.string().regex(/^[\w.@-]{1,64}$/, 'A user id is expected.'))
    .max(50)
    .default([])
    .describe('User ids of members who are called (@) while the alert fires. Plain text only.'),
  mentionMobiles: z
    .array(z.string().regex(/^\+?[0-9]{5,20}$/, 'A mobile number is expected.'))
    .max(50)
    .default([])
    .describe('Mobile numbers of members who are called (@) while the alert fires. Plain text only.'),
  mentionAll: z.boolean().default(false).describe('Call everybody in the group (@all) while the alert fires. Plain text only.'),
  caPem: authorities(),
});

type Settings = z.output<typeof settingsSchema>;

export function wecomRobot(dependencies: ChannelDependencies) {
  const { guard, nowMs } = dependencies;
  return channelType(dependencies, {
    type: 'wecom-robot',
    limits: LIMITS,
    settings: settingsSchema,
    secrets: z.strictObject({ url: secretAddress(guard, 'The robot’s webhook address with its key, as WeCom shows it.') }),
    check: ({ format, mentionAll, mentionMobiles, mentionUserIds }) =>
      format === 'markdown' && (mentionAll || mentionMobiles.length + mentionUserIds.length > 0)
        ? [{ field: 'settings.format', message: 'Only plain text calls people.' }]
        : [],
    open: (settings, { url }): Channel => {
      const http = new ChannelHttp(guard, settings.caPem);
      return {
        send: async (message, signal) => {
          taken(await http.sendJson(url, bodyOf(message, settings), signal), CODES, nowMs());
          return { providerId: '' };
        },
        close: () => http.close(),
      };
    },
  });
}

function bodyOf(message: Message, settings: Settings): object {
  if (settings.format === 'markdown') return { msgtype: 'markdown', markdown: { content: wecomMarkdown(message, LIMITS.messageBytes) } };
  const content = messageText(message, { limit: TEXT_BYTES, escape: withoutTags });
  if (message.status !== 'firing') return { msgtype: 'text', text: { content } };
  const everybody = settings.mentionAll ? ['@all'] : [];
  const called = { mentioned_list: [...everybody, ...settings.mentionUserIds], mentioned_mobile_list: settings.mentionMobiles };
  return { msgtype: 'text', text: { content, ...called } };
}

const LINK_TEXTS = { en: 'Open', zh: '查看详情' } as const;

export function wecomMarkdown(message: Message, limit: number): string {
  return messageText(message, {
    limit,
    escape: markdownAsText,
    head: (title) => `**${title}**\n`,
    tail: (link) => `\n[${LINK_TEXTS[message.language]}](${link})`,
  });
}
