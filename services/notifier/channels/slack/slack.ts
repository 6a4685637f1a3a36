import { IncomingWebhook } from '@slack/webhook';
import { z } from 'zod';
import { ChannelError } from '../../application/ports/channel-error';
import type { Channel } from '../../application/ports/channel';
import type { Message } from '../../domain/message';
import { refused, type Reason } from '../channel-refusals';
import { ChannelHttp, type HttpAnswer } from '../http/channel-http';
import { retryAfterMs } from '../http/retry-after';
import { statusRefusal, succeeded } from '../http/status-refusal';
import { slackAsText } from '../rendering/escapes';
import { characters, fitText, splitText } from '../rendering/fit-text';
import { cleanText, cutMark, linkOf, oneLine, titleOf } from '../rendering/message-text';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { authorities, secretAddress } from '../settings/fields';

/** https://docs.slack.dev/apis/web-api/rate-limits: one a second. */
const LIMITS = { messagesPerMinute: 60, messageBytes: 73_000 };
/** https://docs.slack.dev/reference/block-kit/blocks */
const HEADER_CHARACTERS = 150;
const SECTION_CHARACTERS = 3_000;
const SECTIONS = 8;

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling-errors: the whole body is the code. */
const CODES: Readonly<Record<string, Reason>> = {
  invalid_payload: 'message',
  no_text: 'message',
  too_many_attachments: 'message',
  invalid_blocks: 'message',
  msg_too_long: 'message',
  user_not_found: 'gone',
  channel_not_found: 'gone',
  channel_is_archived: 'gone',
  no_active_hooks: 'gone',
  no_service: 'gone',
  no_service_id: 'gone',
  no_team: 'gone',
  team_disabled: 'gone',
  invalid_token: 'credentials',
  action_prohibited: 'policy',
  posting_to_general_channel_denied: 'policy',
  rollup_error: 'failed',
  rate_limited: 'throttled',
};

export function slack(dependencies: ChannelDependencies) {
  const { guard, nowMs } = dependencies;
  return channelType(dependencies, {
    type: 'slack',
    limits: LIMITS,
    settings: z.strictObject({
      mention: z
        .enum(['none', 'here', 'channel'])
        .default('none')
        .describe('Whom a critical alert calls while it fires: nobody, who is active (@here), or everybody (@channel).'),
      caPem: authorities(),
    }),
    secrets: z.strictObject({ url: secretAddress(guard, 'The incoming webhook’s address, as Slack shows it.') }),
    open: ({ mention, caPem }, { url }): Channel => {
      const http = new ChannelHttp(guard, caPem);
      return {
        send: async (message, signal) => {
          const calls = mention !== 'none' && message.severity === 'critical' && message.status === 'firing' ? `<!${mention}>` : '';
          let answer: HttpAnswer | undefined;
          const carry = async (_url: unknown, request?: { body?: unknown }) => {
            const headers = { 'content-type': 'application/json; charset=utf-8' };
            answer = await http.send({ url, headers, body: String(request?.body) }, signal);
            return responseOf(answer);
          };
          // The SDK's own errors hold the answer's body, and not when to come again: the answer itself is looked at.
          const error: unknown = await new IncomingWebhook(url, { fetch: carry as never }).send(payloadOf(message, calls)).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          if (answer === undefined) throw rootOf(error);
          if (!succeeded(answer)) throw slackRefusal(answer, nowMs());
          return { providerId: '' };
        },
        close: () => http.close(),
      };
    },
  });
}

/** What the SDK reads: whether it went well, and a text. */
function responseOf({ status, text }: HttpAnswer) {
  return { ok: succeeded({ status }), status, statusText: '', text: async () => text };
}

function rootOf(error: unknown): unknown {
  const { original, cause } = error as { original?: unknown; cause?: unknown };
  return [original, cause].find((each) => each instanceof ChannelError) ?? error;
}

function slackRefusal(answer: HttpAnswer, nowMs: number): ChannelError {
  const code = answer.text.trim();
  const reason = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  if (reason === undefined) return statusRefusal(answer, nowMs);
  return refused(reason, { providerCode: code, retryAfterMs: retryAfterMs(answer.headers['retry-after'], nowMs) });
}

const LINK_TEXTS = { en: 'Open', zh: '查看详情' } as const;

/** All that comes from outside is of the kind plain_text, which has no markup. `text` is what notifications show. */
function payloadOf(message: Message, calls: string) {
  const title = titleOf(message, 300, slackAsText);
  const header = fitText(oneLine(message.title), { limit: HEADER_CHARACTERS, size: characters, escape: slackAsText });
  const fit = { limit: SECTION_CHARACTERS, size: characters, escape: slackAsText, mark: cutMark(message) };
  const sections = splitText(cleanText(message.text), { ...fit, pieces: SECTIONS });
  const link = linkOf(message);
  const plain = (text: string) => ({ type: 'plain_text' as const, text, emoji: false });
  return {
    text: `${title}${calls === '' ? '' : ` ${calls}`}`,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header' as const, text: plain(header === '' ? 'SmartAnt' : header) },
      ...sections.filter((text) => text.trim() !== '').map((text) => ({ type: 'section' as const, text: plain(text) })),
      ...(calls === '' ? [] : [{ type: 'section' as const, text: { type: 'mrkdwn' as const, text: calls } }]),
      ...(link === ''
        ? []
        : [{ type: 'actions' as const, elements: [{ type: 'button' as const, url: link, text: plain(LINK_TEXTS[message.language]) }] }]),
    ],
  };
}
