import { CANARY, describeChannel } from '../testkit/channel.contract';
import type { Reply, SeenRequest } from '../testkit/provider-server';
import { LINK, sampleMessage } from '../testkit/sample-message';
import { wechatOfficial } from './wechat-official';

const isSend = ({ path }: SeenRequest) => path.startsWith('/cgi-bin/message/template/send');
const token: Reply = { body: { access_token: 'token-1', expires_in: 7_200 } };
const values = ({ json }: SeenRequest) => Object.values(json['data'] as Record<string, { value: string }>).map(({ value }) => value);

const bench = describeChannel({
  make: wechatOfficial,
  settings: ({ url }) => ({
    appId: 'wx123',
    templateId: 'tpl_1',
    openIds: ['o-ann', 'o-bob'],
    fields: { first: '{title}', thing1: '{title}', remark: '{text} {severity} {count}', time2: '{time}' },
    baseUrl: url,
  }),
  secrets: () => ({ appSecret: CANARY }),
  accepts: (request) =>
    isSend(request) ? { body: { errcode: 0, errmsg: 'ok', msgid: request.json['touser'] === 'o-ann' ? 11 : 12 } } : token,
  carries: isSend,
  verify: ({ query, json }) => {
    expect([query.get('access_token'), json['template_id']]).toEqual(['token-1', 'tpl_1']);
    expect(json['client_msg_id']).toMatch(/^[0-9a-f]{32}$/);
    const { thing1 } = json['data'] as Record<string, { value: string }>;
    expect(thing1!.value.length).toBeLessThanOrEqual(20);
    expect(bench.provider.seen[0]?.json).toMatchObject({ grant_type: 'client_credential', appid: 'wx123', secret: CANARY });
  },
  shown: (request) => values(request).join('\n'),
  bytes: (request) => Buffer.byteLength(values(request).join('')),
  markup: [],
  providerId: '11,12',
  fieldsOnly: true,
  refusals: [
    [
      'a follower who left',
      { body: { errcode: 43004 } },
      { code: 'NOTIFY_CHANNEL_RECIPIENT_REFUSED', refusal: 'give-up', providerCode: '43004' },
    ],
    ['a template that is not there', { body: { errcode: 40037 } }, { code: 'NOTIFY_CHANNEL_SETTINGS_REFUSED', refusal: 'reconfigure' }],
    ['the quota of a day', { body: { errcode: 45009 } }, { code: 'NOTIFY_CHANNEL_QUOTA_EXHAUSTED', refusal: 'retry' }],
    ['words that a field does not take', { body: { errcode: 47003 } }, { code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED', refusal: 'give-up' }],
    [
      'a token that ends again and again',
      { body: { errcode: 40001 } },
      { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure' },
    ],
  ],
  throttled: [{ body: { errcode: 45011 } }, { providerCode: '45011', retryAfterMs: 60_000 }],
});

it('leads to the console, and sends again only to those who do not have it', async () => {
  const never = new AbortController().signal;
  const channel = bench.open();
  bench.provider.behave((request) => {
    if (!isSend(request)) return token;
    return request.json['touser'] === 'o-ann' ? { body: { errcode: 0, msgid: 1 } } : { body: { errcode: -1 } };
  });
  const error = await bench.errors.of(channel.send(sampleMessage(), never));
  expect(error).toMatchObject({ code: 'NOTIFY_CHANNEL_PROVIDER_FAILED', message: expect.stringContaining('1 of 2 recipients have it') });
  bench.provider.seen.length = 0;
  bench.provider.behave((request) => (isSend(request) ? { body: { errcode: 0, msgid: 2 } } : token));
  expect(await channel.send(sampleMessage(), never)).toEqual({ providerId: '1,2' });
  const again = bench.provider.seen.filter(isSend);
  expect(again.map(({ json }) => [json['touser'], json['url']])).toEqual([['o-bob', LINK]]);
});

it('takes no placeholder that it does not know', () => {
  expect(() => bench.open({ settings: { fields: { first: '{nonsense}' } } })).toThrow('settings.fields.first');
});
