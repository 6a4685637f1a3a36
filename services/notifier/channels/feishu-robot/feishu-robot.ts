import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Channel } from '../../application/ports/channel';
import type { Message } from '../../domain/message';
import { reasonIn, refused, type CodeTable } from '../channel-refusals';
import { ChannelHttp } from '../http/channel-http';
import { isObject, jsonObjectOf, textOf } from '../http/json-answer';
import { statusRefusal, succeeded } from '../http/status-refusal';
import { withoutTags } from '../rendering/escapes';
import { fitText, jsonBytes } from '../rendering/fit-text';
import { cleanText, cutMark, linkOf, titleOf } from '../rendering/message-text';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { authorities, secret, secretAddress } from '../settings/fields';

/** https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: 100 a minute, 20 KB a request. */
const LIMITS = { messagesPerMinute: 100, messageBytes: 20_000 };
/** The bound is of the whole body. */
const TEXT_BYTES = 13_500;
const MINUTE_MS = 60_000;

const CODES: CodeTable = {
  '9499': 'message',
  '11232': 'throttled',
  '11246': 'message',
  '19001': 'gone',
  '19002': 'message',
  '19007': 'gone',
  '19021': 'credentials',
  '19022': 'policy',
  '19024': 'policy',
  '230099': 'message',
};

const settingsSchema = z.strictObject({
  keyword: z
    .string()
    .max(100)
    .default('')
    .describe('The keyword of the robot’s security settings; put in front of titles of messages that do not have it. Empty: none.'),
  mentionUserIds: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'An open_id or user_id is expected.'))
    .max(50)
    .default([])
    .describe('The open_id or user_id of members who are called (@) while the alert fires.'),
  mentionAll: z.boolean().default(false).describe('Call everybody in the group (@all) while the alert fires.'),
  caPem: authorities(),
});

type Settings = z.output<typeof settingsSchema>;

/**
 * A custom robot of Feishu or Lark. Plain HTTP: `@larksuiteoapi/node-sdk` speaks the Open API with an app's tokens and knows no webhooks of
 * custom robots, which have neither app nor token.
 */
export function feishuRobot(dependencies: ChannelDependencies) {
  const { guard, nowMs } = dependencies;
  const secrets = z.strictObject({
    url: secretAddress(guard, 'The robot’s webhook address, as Feishu shows it.'),
    signSecret: secret('The secret of the robot’s signature; leave it out where the robot does not ask for one.').optional(),
  });
  return channelType(dependencies, {
    type: 'feishu-robot',
    limits: LIMITS,
    settings: settingsSchema,
    secrets,
    open: (settings, { url, signSecret }): Channel => {
      const http = new ChannelHttp(guard, settings.caPem);
      return {
        send: async (message, signal) => {
          const signature = signSecret === undefined ? {} : signatureOf(signSecret, nowMs());
          const answer = await http.sendJson(url, { ...signature, msg_type: 'interactive', card: cardOf(message, settings) }, signal);
          // Some of its codes come with status 400.
          if (!succeeded(answer) && !isObject(answer.json)) throw statusRefusal(answer, nowMs());
          const body = isObject(answer.json) ? answer.json : jsonObjectOf(answer, nowMs());
          const code = textOf(body['code'] ?? body['StatusCode']);
          if (code === '0' && succeeded(answer)) return { providerId: '' };
          if (code === '' || code === '0') throw succeeded(answer) ? refused('answer') : statusRefusal(answer, nowMs());
          const reason = reasonIn(CODES, code);
          throw refused(reason, { providerCode: code, retryAfterMs: reason === 'throttled' ? MINUTE_MS : undefined });
        },
        close: () => http.close(),
      };
    },
  });
}

/** The text that is signed is the key, and what it signs is empty: so it is documented. Seconds. */
export function signatureOf(signSecret: string, nowMs: number): { timestamp: string; sign: string } {
  const timestamp = String(Math.floor(nowMs / 1_000));
  return { timestamp, sign: createHmac('sha256', `${timestamp}\n${signSecret}`).digest('base64') };
}

const COLOURS = { critical: 'red', warning: 'orange', info: 'blue' } as const;
const LINK_TEXTS = { en: 'Open', zh: '查看详情' } as const;

/** Texts of the kind plain_text, which has no markup; people are called by an element of its own. */
function cardOf(message: Message, { keyword, mentionAll, mentionUserIds }: Settings): object {
  const firing = message.status === 'firing';
  const ids = [...(mentionAll ? ['all'] : []), ...mentionUserIds];
  const link = linkOf(message);
  const title = titleOf(message, 300, withoutTags);
  const limit = TEXT_BYTES;
  const text = fitText(cleanText(message.text), { limit, size: jsonBytes, escape: withoutTags, mark: cutMark(message) });
  const known = keyword === '' || title.includes(keyword) || text.includes(keyword);
  const calls = ids.map((id) => `<at id=${id}></at>`).join(' ');
  const button = { tag: 'button', type: 'primary', url: link, text: { tag: 'plain_text', content: LINK_TEXTS[message.language] } };
  return {
    config: { wide_screen_mode: true },
    header: {
      template: firing ? COLOURS[message.severity] : 'green',
      title: { tag: 'plain_text', content: known ? title : `${keyword} ${title}` },
    },
    elements: [
      { tag: 'div', text: { tag: 'plain_text', content: text } },
      ...(firing && ids.length > 0 ? [{ tag: 'div', text: { tag: 'lark_md', content: calls } }] : []),
      ...(link === '' ? [] : [{ tag: 'action', actions: [button] }]),
    ],
  };
}
