import { z } from 'zod';
import type { Channel } from '../../application/ports/channel';
import type { Message } from '../../domain/message';
import { refused, type CodeTable } from '../channel-refusals';
import { ChannelHttp } from '../http/channel-http';
import { textOf } from '../http/json-answer';
import { taken, withToken } from '../http/wechat-api';
import { withoutTags } from '../rendering/escapes';
import { messageText } from '../rendering/message-text';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { authorities, baseAddress, secret, under } from '../settings/fields';
import { TokenCache } from '../settings/token-cache';
import { wecomMarkdown } from '../wecom-robot/wecom-robot';

/** https://developer.work.weixin.qq.com/document/path/90236: 30 a minute to one member, text and markdown of 2,048 bytes. */
const LIMITS = { messagesPerMinute: 30, messageBytes: 2_048 };

const CODES: CodeTable = {
  '40008': 'message',
  '40056': 'policy',
  '41001': 'credentials',
  '48002': 'policy',
  '60011': 'policy',
  '60020': 'policy',
  '81013': 'recipient',
  '82001': 'recipient',
  '301002': 'policy',
};

const ids = (description: string) =>
  z
    .array(z.string().regex(/^[\w.@-]{1,64}$/, 'An id is expected.'))
    .max(100)
    .default([])
    .describe(description);

export function wecomApp(dependencies: ChannelDependencies) {
  const { guard, nowMs, tokens } = dependencies;
  const settingsSchema = z.strictObject({
    corpId: z
      .string()
      .regex(/^[\w-]{1,64}$/, 'The company’s id is expected.')
      .describe('The company’s id (CorpID).'),
    agentId: z.int().min(0).describe('The app’s id (AgentId).'),
    toUsers: ids('User ids of members who get the messages; @all: everybody who sees the app.'),
    toParties: ids('Ids of departments that get the messages.'),
    toTags: ids('Ids of tags whose members get the messages.'),
    format: z
      .enum(['markdown', 'text'])
      .default('text')
      .describe('How the message is drawn. Markdown is shown in WeCom only, not in WeChat.'),
    baseUrl: baseAddress(guard, 'https://qyapi.weixin.qq.com', 'Address of the interface; another one for a private deployment.'),
    caPem: authorities(),
  });
  return channelType(dependencies, {
    type: 'wecom-app',
    limits: LIMITS,
    settings: settingsSchema,
    secrets: z.strictObject({ secret: secret('The app’s secret.') }),
    check: ({ toUsers, toParties, toTags }) =>
      toUsers.length + toParties.length + toTags.length === 0
        ? [{ field: 'settings.toUsers', message: 'Name at least one member, department or tag.' }]
        : [],
    open: (settings, { secret: appSecret }): Channel => {
      const { baseUrl, corpId } = settings;
      const http = new ChannelHttp(guard, settings.caPem);
      const key = TokenCache.keyOf(['wecom-app', baseUrl, corpId, appSecret]);
      const query = new URLSearchParams({ corpid: corpId, corpsecret: appSecret });
      return {
        send: async (message, signal) => {
          const body = await withToken({
            tokens,
            key,
            ask: async () =>
              taken(await http.send({ method: 'GET', url: under(baseUrl, `/cgi-bin/gettoken?${query}`) }, signal), CODES, nowMs()),
            call: async (token) => {
              const url = under(baseUrl, `/cgi-bin/message/send?${new URLSearchParams({ access_token: token })}`);
              return taken(await http.sendJson(url, bodyOf(message, settings), signal), CODES, nowMs());
            },
          });
          assertAllKnown(body);
          return { providerId: textOf(body['msgid']).slice(0, 200) };
        },
        close: () => http.close(),
      };
    },
  });

  function bodyOf(message: Message, settings: z.output<typeof settingsSchema>): object {
    const { agentId, format, toUsers, toParties, toTags } = settings;
    const to = { touser: toUsers.join('|'), toparty: toParties.join('|'), totag: toTags.join('|'), agentid: agentId };
    if (format === 'markdown') return { ...to, msgtype: 'markdown', markdown: { content: wecomMarkdown(message, LIMITS.messageBytes) } };
    const tail = (link: string) => `\n${link}`;
    return { ...to, msgtype: 'text', text: { content: messageText(message, { limit: LIMITS.messageBytes, escape: withoutTags, tail }) } };
  }
}

/** It takes a message when it knows one of many; those that it does not know would never hear of anything. */
function assertAllKnown(body: Record<string, unknown>): void {
  const unknown = ['invaliduser', 'invalidparty', 'invalidtag', 'unlicenseduser'].filter((field) => textOf(body[field]) !== '');
  if (unknown.length > 0) throw refused('recipient', { detail: `${unknown.join(', ')}; the others have it` });
}
