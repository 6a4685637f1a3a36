import { CANARY, describeChannel } from '../testkit/channel.contract';
import { opensslHmac } from '../testkit/openssl-hmac';
import type { SeenRequest } from '../testkit/provider-server';
import { sampleMessage } from '../testkit/sample-message';
import { feishuRobot, signatureOf } from './feishu-robot';

interface Card {
  header: { template: string; title: { tag: string; content: string } };
  elements: { tag: string; text?: { tag: string; content: string }; actions?: { url: string; text: { tag: string } }[] }[];
}

const cardOf = ({ json }: SeenRequest) => json['card'] as Card;
const texts = (request: SeenRequest) => {
  const { header, elements } = cardOf(request);
  return [header.title, ...elements.flatMap(({ text }) => (text ? [text] : []))];
};

const bench = describeChannel({
  make: feishuRobot,
  settings: () => ({}),
  secrets: ({ url }) => ({ url: `${url}/open-apis/bot/v2/hook/${CANARY}`, signSecret: CANARY }),
  accepts: () => ({ body: { code: 0, msg: 'success', data: {} } }),
  verify: (request) => {
    const { timestamp, sign, msg_type: type } = request.json;
    expect([typeof timestamp, type]).toEqual(['string', 'interactive']);
    expect(sign).toBe(opensslHmac(`${String(timestamp)}\n${CANARY}`, '').toString('base64'));
    expect(texts(request).every(({ tag }) => tag === 'plain_text')).toBe(true);
  },
  shown: (request) => {
    const links = cardOf(request).elements.flatMap(({ actions = [] }) => actions.map(({ url }) => url));
    return [...texts(request).map(({ content }) => content), ...links].join('\n');
  },
  bytes: ({ body }) => Buffer.byteLength(body),
  markup: [/<at/, /@(all|everyone)/],
  providerId: '',
  refusals: [
    [
      'a wrong signature',
      { body: { code: 19021 } },
      { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure', providerCode: '19021' },
    ],
    ['a missing keyword', { body: { code: 19024 } }, { code: 'NOTIFY_CHANNEL_SETTINGS_REFUSED', refusal: 'reconfigure' }],
    ['a robot that is gone', { body: { code: 19001 } }, { code: 'NOTIFY_CHANNEL_ADDRESS_UNKNOWN', refusal: 'reconfigure' }],
    [
      'a bad request, with status 400',
      { status: 400, body: { code: 9499 } },
      { code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED', refusal: 'give-up' },
    ],
    ['a code of the old form', { body: { StatusCode: 19022 } }, { code: 'NOTIFY_CHANNEL_SETTINGS_REFUSED', refusal: 'reconfigure' }],
    ['a code that nobody knows', { body: { code: 77 } }, { code: 'NOTIFY_CHANNEL_CODE_UNKNOWN', refusal: 'retry' }],
  ],
  throttled: [{ body: { code: 11232 } }, { providerCode: '11232', retryAfterMs: 60_000 }],
});

it('signs nothing with a key of time and secret, in seconds', () => {
  // https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot, whose example has this time and the secret “demo”.
  const { timestamp, sign } = signatureOf('demo', 1_599_360_473_999);
  expect([timestamp, sign]).toEqual(['1599360473', opensslHmac('1599360473\ndemo', '').toString('base64')]);
});

it('shows how bad it is, and calls people while it fires', async () => {
  const settings = { mentionAll: true, mentionUserIds: ['ou_1'], keyword: '告警' };
  const [firing] = await bench.send(sampleMessage(), { settings });
  expect(cardOf(firing!).header).toMatchObject({ template: 'red', title: { content: '告警 [FIRING] migration-failed' } });
  expect(texts(firing!).at(-1)).toEqual({ tag: 'lark_md', content: '<at id=all></at> <at id=ou_1></at>' });
  const [resolved] = await bench.send(sampleMessage({ status: 'resolved' }), { settings });
  expect(cardOf(resolved!).header.template).toBe('green');
  expect(JSON.stringify(resolved!.json)).not.toContain('<at id');
});

it('stays within the whole body’s bound, however many are called', async () => {
  const mentionUserIds = Array.from({ length: 50 }, (_unused, index) => `ou_${index}`.padEnd(64, 'x'));
  const [request] = await bench.send(sampleMessage({ title: '"'.repeat(9_000), text: '"\n'.repeat(90_000) }), {
    settings: { mentionUserIds },
  });
  expect(Buffer.byteLength(request!.body)).toBeLessThanOrEqual(20_000);
});
