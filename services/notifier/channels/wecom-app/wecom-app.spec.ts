import { CANARY, describeChannel } from '../testkit/channel.contract';
import type { Reply, SeenRequest } from '../testkit/provider-server';
import { sampleMessage } from '../testkit/sample-message';
import { wecomApp } from './wecom-app';

const isSend = ({ path }: SeenRequest) => path.startsWith('/cgi-bin/message/send');
const contentOf = ({ json }: SeenRequest) => (json['text'] as { content: string }).content;
const token = (text: string): Reply => ({ body: { errcode: 0, errmsg: 'ok', access_token: text, expires_in: 7_200 } });
const sent: Reply = { body: { errcode: 0, errmsg: 'ok', msgid: 'msg-1' } };

const bench = describeChannel({
  make: wecomApp,
  settings: ({ url }) => ({ corpId: 'ww1', agentId: 1000002, toUsers: ['zhang', 'li'], toParties: ['7'], baseUrl: `${url}/` }),
  secrets: () => ({ secret: CANARY }),
  accepts: (request) => (isSend(request) ? sent : token('token-1')),
  carries: isSend,
  verify: ({ query, json }) => {
    expect(query.get('access_token')).toBe('token-1');
    expect(json).toMatchObject({ touser: 'zhang|li', toparty: '7', totag: '', agentid: 1000002, msgtype: 'text' });
    const [asked] = bench.provider.seen;
    expect([asked?.method, asked?.query.get('corpid'), asked?.query.get('corpsecret')]).toEqual(['GET', 'ww1', CANARY]);
  },
  shown: contentOf,
  bytes: (request) => Buffer.byteLength(contentOf(request)),
  markup: [/<\w/, /<@/, /@(all|everyone)/],
  providerId: 'msg-1',
  refusals: [
    [
      'an address that is not on the list',
      { body: { errcode: 60020 } },
      { code: 'NOTIFY_CHANNEL_SETTINGS_REFUSED', refusal: 'reconfigure' },
    ],
    ['recipients that it does not know', { body: { errcode: 81013 } }, { code: 'NOTIFY_CHANNEL_RECIPIENT_REFUSED', refusal: 'give-up' }],
    [
      'one recipient that it does not know',
      { body: { errcode: 0, invaliduser: 'li' } },
      { code: 'NOTIFY_CHANNEL_RECIPIENT_REFUSED', refusal: 'give-up' },
    ],
    [
      'a token that ends again and again',
      { body: { errcode: 42001 } },
      { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure' },
    ],
    ['a code that nobody knows', { body: { errcode: 77 } }, { code: 'NOTIFY_CHANNEL_CODE_UNKNOWN', refusal: 'retry' }],
  ],
  throttled: [{ body: { errcode: 45009 } }, { providerCode: '45009', retryAfterMs: 60_000 }],
});

const never = new AbortController().signal;

it('asks for a token once, and again when it has ended or is refused', async () => {
  let [nowMs, given] = [Date.now(), 0];
  const revoked = new Set<string>();
  bench.provider.behave((request) => {
    if (!isSend(request)) return token(`token-${(given += 1)}`);
    return revoked.has(request.query.get('access_token') ?? '') ? { body: { errcode: 40014 } } : sent;
  });
  const channel = bench.open({ nowMs: () => nowMs });
  await channel.send(sampleMessage(), never);
  await channel.send(sampleMessage(), never);
  expect(given).toBe(1);
  revoked.add('token-1');
  await channel.send(sampleMessage(), never);
  expect(given).toBe(2);
  nowMs += 7_200_000;
  await channel.send(sampleMessage(), never);
  expect(given).toBe(3);
});

it('says that the secret is wrong', async () => {
  bench.provider.behave(() => ({ body: { errcode: 40001 } }));
  const error = await bench.errors.of(bench.open().send(sampleMessage(), never));
  expect(error).toMatchObject({ code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure', providerCode: '40001' });
});
