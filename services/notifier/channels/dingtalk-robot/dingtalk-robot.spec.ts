import { CANARY, describeChannel } from '../testkit/channel.contract';
import { opensslHmac } from '../testkit/openssl-hmac';
import type { SeenRequest } from '../testkit/provider-server';
import { LINK, sampleMessage } from '../testkit/sample-message';
import { dingtalkRobot, signedAddress } from './dingtalk-robot';

const SIGN_SECRET = `SEC${CANARY}`;

function textOf({ json }: SeenRequest): string {
  const { markdown, actionCard, text } = json as Record<string, Record<string, string> | undefined>;
  const card = actionCard && `${actionCard['title']}\n${actionCard['text']}\n${actionCard['singleURL']}`;
  return card ?? text?.['content'] ?? `${markdown?.['title']}\n${markdown?.['text']}`;
}

const bench = describeChannel({
  make: dingtalkRobot,
  settings: () => ({ keyword: 'SmartAnt' }),
  secrets: ({ url }) => ({ url: `${url}/robot/send?access_token=${CANARY}`, signSecret: SIGN_SECRET }),
  accepts: () => ({ body: { errcode: 0, errmsg: 'ok' } }),
  verify: (request) => {
    const timestamp = request.query.get('timestamp') ?? '';
    expect(request.query.get('access_token')).toBe(CANARY);
    expect(request.query.get('sign')).toBe(opensslHmac(SIGN_SECRET, `${timestamp}\n${SIGN_SECRET}`).toString('base64'));
    expect(textOf(request)).toContain('SmartAnt');
  },
  shown: textOf,
  bytes: ({ body }) => Buffer.byteLength(body),
  markup: [/<\w/, /@(all|everyone|1380)/, /\*\*bold/, /\]\(https:\/\/evil/, /^(>|- |\d+\.) ?/m, /^# /m, /`code`/],
  providerId: '',
  refusals: [
    [
      'a keyword, signature or address',
      { body: { errcode: 310000 } },
      { code: 'NOTIFY_CHANNEL_SETTINGS_REFUSED', refusal: 'reconfigure', providerCode: '310000' },
    ],
    ['an unknown token', { body: { errcode: 300001 } }, { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure' }],
    ['a robot that is gone', { body: { errcode: 400102 } }, { code: 'NOTIFY_CHANNEL_ADDRESS_UNKNOWN', refusal: 'reconfigure' }],
    ['a forbidden text', { body: { errcode: 430102 } }, { code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED', refusal: 'give-up' }],
    ['a busy system', { body: { errcode: -1 } }, { code: 'NOTIFY_CHANNEL_PROVIDER_FAILED', refusal: 'retry', providerCode: '-1' }],
    [
      'a code that nobody knows',
      { body: { errcode: 987654 } },
      { code: 'NOTIFY_CHANNEL_CODE_UNKNOWN', refusal: 'retry', providerCode: '987654' },
    ],
  ],
  throttled: [{ body: { errcode: 130101 } }, { providerCode: '130101', retryAfterMs: 600_000 }],
});

it('signs as the vendor’s example says, encoded once', () => {
  // https://open.dingtalk.com/document/orgapp/customize-robot-security-settings, whose secret is “this is secret”.
  const address = signedAddress('https://oapi.dingtalk.com/robot/send?access_token=x', 'this is secret', 1_577_262_236_757);
  const base64 = opensslHmac('this is secret', '1577262236757\nthis is secret').toString('base64');
  expect(address).toBe(`https://oapi.dingtalk.com/robot/send?access_token=x&timestamp=1577262236757&sign=${encodeURIComponent(base64)}`);
});

it('calls people while it fires, and in no other way', async () => {
  const settings = { mentionMobiles: ['13800138000'], mentionAll: true };
  const [firing] = await bench.send(sampleMessage(), { settings });
  expect(firing?.json).toMatchObject({ msgtype: 'markdown', at: { atMobiles: ['13800138000'], isAtAll: true } });
  expect(textOf(firing!)).toContain('@13800138000');
  const [resolved] = await bench.send(sampleMessage({ status: 'resolved' }), { settings });
  expect(resolved?.json).toMatchObject({ at: { atMobiles: [], isAtAll: false } });
});

it('draws a card with a button, and plain text', async () => {
  const [card] = await bench.send(sampleMessage(), { settings: { format: 'actionCard' } });
  expect(card?.json).toMatchObject({ msgtype: 'actionCard', actionCard: { singleURL: LINK, singleTitle: 'Open' } });
  const [withoutLink] = await bench.send(sampleMessage({ url: '' }), { settings: { format: 'actionCard' } });
  expect(withoutLink?.json).toMatchObject({ msgtype: 'markdown' });
  const [text] = await bench.send(sampleMessage({ text: '*a* <b>' }), { settings: { format: 'text' } });
  expect(text?.json).toMatchObject({ msgtype: 'text', text: { content: expect.stringContaining('*a* <b>') } });
});

it('stays within the whole body’s bound, however many are called', async () => {
  const mentionMobiles = Array.from({ length: 50 }, (_unused, index) => `+86138001380001${String(index).padStart(4, '0')}`);
  const own = { settings: { mentionMobiles, keyword: '键'.repeat(100) } };
  const [request] = await bench.send(sampleMessage({ title: '"'.repeat(9_000), text: '"\n'.repeat(90_000) }), own);
  expect(Buffer.byteLength(request!.body)).toBeLessThanOrEqual(20_000);
});
