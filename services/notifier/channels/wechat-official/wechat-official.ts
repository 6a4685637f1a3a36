import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Channel } from '../../application/ports/channel';
import type { CodeTable } from '../channel-refusals';
import { ChannelHttp } from '../http/channel-http';
import { textOf } from '../http/json-answer';
import { taken, withToken } from '../http/wechat-api';
import { characters, fitText } from '../rendering/fit-text';
import { fillPlaceholders, placeholderProblem } from '../rendering/placeholders';
import { linkOf, oneLine } from '../rendering/message-text';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { authorities, baseAddress, secret, under } from '../settings/fields';
import { TokenCache } from '../settings/token-cache';

/** No quota a minute is documented; 100,000 a day. */
const LIMITS = { messagesPerMinute: 0, messageBytes: 2_048 };

/** https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html */
const CODES: CodeTable = {
  '40037': 'policy',
  '40125': 'credentials',
  '40164': 'policy',
  '41001': 'credentials',
  '43004': 'recipient',
  '43101': 'recipient',
  // By the day, unlike WeCom's.
  '45009': 'quota',
  '45011': 'throttled',
  '47003': 'message',
  '48001': 'policy',
  '50001': 'policy',
  '50002': 'credentials',
  '89503': 'policy',
};

/** Characters that a field takes, by the kind that its name begins with; names of older templates (first, keyword1) tell none. */
const FIELD_CHARACTERS: Readonly<Record<string, number>> = { thing: 20, character_string: 32, letter: 32, phrase: 5, const: 20, symbol: 5 };
const OTHER_CHARACTERS = 200;

export function wechatOfficial(dependencies: ChannelDependencies) {
  const { guard, nowMs, tokens, partial } = dependencies;
  const settingsSchema = z.strictObject({
    appId: z
      .string()
      .regex(/^wx[\w]{1,62}$/, 'An AppID begins with wx.')
      .describe('The official account’s AppID.'),
    templateId: z
      .string()
      .regex(/^[\w-]{1,128}$/, 'A template’s id is expected.')
      .describe('The id of the message template, as the account’s pages show it.'),
    openIds: z
      .array(z.string().regex(/^[\w-]{1,64}$/, 'An OpenID is expected.'))
      .min(1)
      .max(50)
      .describe('OpenIDs of the followers who get the messages.'),
    fields: z
      .record(z.string().regex(/^\w{1,40}$/), z.string().max(200).superRefine(placeholderProblem))
      .describe(
        'What is put into the template’s fields, for example thing1 = {title}, time2 = {time}. Known: {title} {text} {status} {severity} {count} {time}.',
      ),
    baseUrl: baseAddress(guard, 'https://api.weixin.qq.com', 'Address of the interface.'),
    caPem: authorities(),
  });
  return channelType(dependencies, {
    type: 'wechat-official',
    limits: LIMITS,
    settings: settingsSchema,
    secrets: z.strictObject({ appSecret: secret('The account’s AppSecret.') }),
    open: (settings, { appSecret }): Channel => {
      const { appId, baseUrl, fields, openIds, templateId } = settings;
      const http = new ChannelHttp(guard, settings.caPem);
      const key = TokenCache.keyOf(['wechat-official', baseUrl, appId, appSecret]);
      const ask = async (fresh: boolean, signal: AbortSignal) => {
        const body = { grant_type: 'client_credential', appid: appId, secret: appSecret, force_refresh: fresh };
        const answer = await http.sendJson(under(baseUrl, '/cgi-bin/stable_token'), body, signal);
        // It says errcode only where it refuses.
        return taken({ ...answer, json: withCode(answer.json) }, CODES, nowMs());
      };
      return {
        send: (message, signal) => {
          const data = Object.fromEntries(
            Object.entries(fields).map(([name, template]) => {
              const limit = FIELD_CHARACTERS[name.replace(/\d+$/, '')] ?? OTHER_CHARACTERS;
              return [name, { value: fitText(oneLine(fillPlaceholders(template, message)), { limit, size: characters }) }];
            }),
          );
          // Within ten minutes the same id is delivered once.
          const clientId = createHash('sha256').update(message.id).digest('hex').slice(0, 32);
          return partial.toEach(`wechat-official ${message.id}`, openIds, async (openId) => {
            const request = { touser: openId, template_id: templateId, url: linkOf(message), data, client_msg_id: clientId };
            const call = async (token: string) => {
              const url = under(baseUrl, `/cgi-bin/message/template/send?${new URLSearchParams({ access_token: token })}`);
              return taken(await http.sendJson(url, request, signal), CODES, nowMs());
            };
            return textOf((await withToken({ tokens, key, ask: (fresh) => ask(fresh, signal), call }))['msgid']);
          });
        },
        close: () => http.close(),
      };
    },
  });
}

function withCode(json: unknown): unknown {
  return typeof json === 'object' && json !== null && 'access_token' in json ? { errcode: 0, ...json } : json;
}
