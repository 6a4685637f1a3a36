import { CANARY, describeChannel } from '../testkit/channel.contract';
import type { SeenRequest } from '../testkit/provider-server';
import { sampleMessage } from '../testkit/sample-message';
import { telegram } from './telegram';

const TOKEN = `123456:${CANARY}`;
const textOf = ({ json }: SeenRequest) => String(json['text']);
const failed = (code: number, parameters?: object) => ({
  status: code,
  body: { ok: false, error_code: code, description: 'no', parameters },
});

const bench = describeChannel({
  make: telegram,
  settings: ({ url }) => ({ chatId: '-100123', baseUrl: url }),
  secrets: () => ({ botToken: TOKEN }),
  accepts: () => ({ body: { ok: true, result: { message_id: 77 } } }),
  verify: ({ path, json }) => {
    expect(path).toBe(`/bot${TOKEN}/sendMessage`);
    expect(json).toMatchObject({ chat_id: '-100123', link_preview_options: { is_disabled: true } });
    expect(json['parse_mode']).toBeUndefined();
    expect(String(json['text']).length).toBeLessThanOrEqual(4_096);
  },
  shown: textOf,
  bytes: (request) => Buffer.byteLength(textOf(request)),
  markup: [/@(all|everyone|channel|U1)/],
  providerId: '77',
  refusals: [
    ['a wrong token', failed(401), { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure', providerCode: '401' }],
    ['a bot that there is not', failed(404), { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure' }],
    ['a bot that was put out', failed(403), { code: 'NOTIFY_CHANNEL_ADDRESS_UNKNOWN', refusal: 'reconfigure' }],
    [
      'a chat that became another',
      failed(400, { migrate_to_chat_id: -1 }),
      { code: 'NOTIFY_CHANNEL_SETTINGS_REFUSED', refusal: 'reconfigure' },
    ],
  ],
  throttled: [failed(429, { retry_after: 35 }), { retryAfterMs: 35_000 }],
});

it('writes into a topic, without a sound', async () => {
  const [request] = await bench.send(sampleMessage(), { settings: { threadId: 9, silent: true } });
  expect(request?.json).toMatchObject({ message_thread_id: 9, disable_notification: true });
});
