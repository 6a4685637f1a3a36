import { CANARY, describeChannel } from '../testkit/channel.contract';
import type { SeenRequest } from '../testkit/provider-server';
import { LINK, sampleMessage, HOSTILE } from '../testkit/sample-message';
import { wecomRobot } from './wecom-robot';

const contentOf = ({ json }: SeenRequest) => {
  const { markdown, text } = json as Record<string, { content: string } | undefined>;
  return (markdown ?? text)?.content ?? '';
};

const bench = describeChannel({
  make: wecomRobot,
  settings: () => ({}),
  secrets: ({ url }) => ({ url: `${url}/cgi-bin/webhook/send?key=${CANARY}` }),
  accepts: () => ({ body: { errcode: 0, errmsg: 'ok' } }),
  verify: ({ query, json }) => expect([query.get('key'), json['msgtype']]).toEqual([CANARY, 'markdown']),
  shown: contentOf,
  bytes: (request) => Buffer.byteLength(contentOf(request)),
  markup: [/<\w/, /<@/, /@(all|everyone|1380)/, /\*\*bold/, /\]\(https:\/\/evil/, /^(>|- |\d+\.) ?/m, /^# /m, /`code`/],
  providerId: '',
  refusals: [
    [
      'a robot that was removed',
      { body: { errcode: 93000 } },
      { code: 'NOTIFY_CHANNEL_ADDRESS_UNKNOWN', refusal: 'reconfigure', providerCode: '93000' },
    ],
    ['a message of no form', { body: { errcode: 40008 } }, { code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED', refusal: 'give-up' }],
    ['a busy system', { body: { errcode: -1 } }, { code: 'NOTIFY_CHANNEL_PROVIDER_FAILED', refusal: 'retry' }],
    ['a code that nobody knows', { body: { errcode: 77 } }, { code: 'NOTIFY_CHANNEL_CODE_UNKNOWN', refusal: 'retry' }],
  ],
  throttled: [{ body: { errcode: 45009 } }, { providerCode: '45009', retryAfterMs: 60_000 }],
});

it('calls people in plain text, which is shorter', async () => {
  const settings = { format: 'text', mentionAll: true, mentionMobiles: ['13800138000'], mentionUserIds: ['zhang.san'] };
  const [firing] = await bench.send(sampleMessage({ text: '长'.repeat(5_000) }), { settings });
  expect(firing?.json).toMatchObject({ text: { mentioned_list: ['@all', 'zhang.san'], mentioned_mobile_list: ['13800138000'] } });
  expect(Buffer.byteLength(contentOf(firing!))).toBeLessThanOrEqual(2_048);
  expect(contentOf(firing!)).toContain(LINK);
  const [resolved] = await bench.send(sampleMessage({ status: 'resolved', text: HOSTILE }), { settings });
  expect(Object.keys(resolved?.json['text'] as object)).toEqual(['content']);
  expect(contentOf(resolved!)).not.toMatch(/<@|@all/);
});
