import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Channel } from '../../application/ports/channel';
import type { Message } from '../../domain/message';
import { reasonIn, refused, type CodeTable } from '../channel-refusals';
import { ChannelHttp } from '../http/channel-http';
import { jsonObjectOf, textOf } from '../http/json-answer';
import { markdownAsText, withoutMentions } from '../rendering/escapes';
import { jsonBytes } from '../rendering/fit-text';
import { linkOf, messageText, titleOf } from '../rendering/message-text';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { authorities, secret, secretAddress } from '../settings/fields';

/** https://open.dingtalk.com/document/orgapp/custom-robot-access */
const LIMITS = { messagesPerMinute: 20, messageBytes: 20_000 };
/** The bound is of the whole body: what is left is for the title, twice, and who is called. */
const TEXT_BYTES = 15_000;
/** Who goes past the quota is let wait for ten minutes. */
const THROTTLED_MS = 10 * 60_000;

const CODES: CodeTable = {
  '-1': 'failed',
  '40035': 'message',
  '43004': 'message',
  '130101': 'throttled',
  '300001': 'credentials',
  '300005': 'credentials',
  // One code for a missing keyword, a wrong signature, a clock that is off, and an address that is not on the list.
  '310000': 'policy',
  '400013': 'gone',
  '400101': 'credentials',
  '400102': 'gone',
  '400105': 'message',
  '400106': 'gone',
  '410100': 'throttled',
  '430101': 'message',
  '430102': 'message',
  '430103': 'message',
  '430104': 'message',
  '460101': 'message',
};

const settingsSchema = z.strictObject({
  format: z
    .enum(['markdown', 'actionCard', 'text'])
    .default('markdown')
    .describe('How the message is drawn: markdown, a card with a button that leads to the rest, or plain text.'),
  keyword: z
    .string()
    .max(100)
    .default('')
    .describe('The keyword of the robot’s security settings; put in front of messages that do not have it. Empty: none.'),
  mentionMobiles: z
    .array(z.string().regex(/^\+?[0-9-]{5,20}$/, 'A mobile number is expected.'))
    .max(50)
    .default([])
    .describe('Mobile numbers of the members who are called (@) while the alert fires.'),
  mentionAll: z.boolean().default(false).describe('Call everybody in the group (@all) while the alert fires.'),
  caPem: authorities(),
});

type Settings = z.output<typeof settingsSchema>;

export function dingtalkRobot(dependencies: ChannelDependencies) {
  const { guard, nowMs } = dependencies;
  const secrets = z.strictObject({
    url: secretAddress(guard, 'The robot’s webhook address with its access_token, as DingTalk shows it.'),
    signSecret: secret(
      'The secret of the robot’s signature (it begins with SEC); leave it out where the robot does not ask for one.',
    ).optional(),
  });
  return channelType(dependencies, {
    type: 'dingtalk-robot',
    limits: LIMITS,
    settings: settingsSchema,
    secrets,
    check: ({ format, mentionAll, mentionMobiles }) =>
      format === 'actionCard' && (mentionAll || mentionMobiles.length > 0)
        ? [{ field: 'settings.format', message: 'An action card cannot call people: use markdown or text.' }]
        : [],
    open: (settings, { url, signSecret }): Channel => {
      const http = new ChannelHttp(guard, settings.caPem);
      return {
        send: async (message, signal) => {
          const address = signSecret === undefined ? url : signedAddress(url, signSecret, nowMs());
          const answer = await http.sendJson(address, bodyOf(message, settings), signal);
          const code = textOf(jsonObjectOf(answer, nowMs())['errcode']);
          if (code === '0') return { providerId: '' };
          if (code === '') throw refused('answer');
          const reason = reasonIn(CODES, code);
          throw refused(reason, { providerCode: code, retryAfterMs: reason === 'throttled' ? THROTTLED_MS : undefined });
        },
        close: () => http.close(),
      };
    },
  });
}

/** https://open.dingtalk.com/document/orgapp/customize-robot-security-settings: URLSearchParams encodes the signature, once. */
export function signedAddress(url: string, signSecret: string, nowMs: number): string {
  const timestamp = String(nowMs);
  const address = new URL(url);
  address.searchParams.set('timestamp', timestamp);
  address.searchParams.set('sign', createHmac('sha256', signSecret).update(`${timestamp}\n${signSecret}`).digest('base64'));
  return address.href;
}

function bodyOf(message: Message, settings: Settings): object {
  const calls = message.status === 'firing' && settings.format !== 'actionCard';
  const mobiles = calls ? settings.mentionMobiles : [];
  const at = { atMobiles: mobiles, isAtAll: calls && settings.mentionAll };
  const link = linkOf(message);
  // Who is called has to be named in the text as well.
  const named = mobiles.map((mobile) => ` @${mobile}`).join('');
  if (settings.format === 'text') {
    const content = messageText(message, { limit: TEXT_BYTES, size: jsonBytes, escape: withoutMentions });
    return { msgtype: 'text', text: { content: `${withKeyword(content, settings)}${named}` }, at };
  }
  const title = withKeyword(titleOf(message, 300, markdownAsText), settings);
  const button = settings.format === 'actionCard' && link !== '';
  const text = messageText(message, {
    limit: TEXT_BYTES,
    size: jsonBytes,
    escape: markdownAsText,
    // A line ends where two blanks stand before its end.
    lineBreak: '  \n',
    head: (shown) => `#### ${shown}\n\n`,
    tail: (address) => (button ? '' : `\n\n[${LINK_TEXTS[message.language]}](${address})`),
  });
  const content = withKeyword(text, settings);
  if (button)
    return { msgtype: 'actionCard', actionCard: { title, text: content, singleTitle: LINK_TEXTS[message.language], singleURL: link } };
  return { msgtype: 'markdown', markdown: { title, text: `${content}${named === '' ? '' : `\n\n${named.trim()}`}` }, at };
}

const LINK_TEXTS = { en: 'Open', zh: '查看详情' } as const;

function withKeyword(text: string, { keyword }: Settings): string {
  return keyword === '' || text.includes(keyword) ? text : `${keyword} ${text}`;
}
