import { CANARY, describeChannel } from '../testkit/channel.contract';
import { acs3Signature } from '../testkit/cloud-signatures';
import type { SeenRequest } from '../testkit/provider-server';
import { sampleMessage } from '../testkit/sample-message';
import { smsAliyun } from './sms-aliyun';

const paramsOf = ({ query }: SeenRequest) => JSON.parse(query.get('TemplateParam') ?? '{}') as Record<string, string>;
const never = new AbortController().signal;
const said = (code: string, status = 200) => ({ status, body: { Code: code, Message: 'm', RequestId: 'r' } });

const bench = describeChannel({
  make: smsAliyun,
  settings: ({ url }) => ({
    numbers: ['13800138000', '+8613800138001'],
    signName: '蚂蚁(迁移)*~!',
    templateCode: 'SMS_123',
    templateParams: { name: '{title}', detail: '{text}' },
    baseUrl: url,
  }),
  secrets: () => ({ accessKeyId: `LTAI${CANARY}`, accessKeySecret: CANARY }),
  accepts: ({ query }) => ({ body: { Code: 'OK', Message: 'OK', RequestId: 'r', BizId: `biz-${query.get('PhoneNumbers')?.slice(-1)}` } }),
  verify: ({ method, headers, query, body }) => {
    const signed = /^ACS3-HMAC-SHA256 Credential=(.+),SignedHeaders=(.+),Signature=([0-9a-f]{64})$/.exec(headers['authorization'] ?? '');
    const signedHeaders = signed?.[2]?.split(';') ?? [];
    expect([signed?.[1], signed?.[3]]).toEqual([
      `LTAI${CANARY}`,
      acs3Signature({ method, path: '/', query, headers, signedHeaders, body }, CANARY),
    ]);
    expect(signedHeaders).toEqual(
      expect.arrayContaining(['host', 'x-acs-action', 'x-acs-date', 'x-acs-signature-nonce', 'x-acs-content-sha256']),
    );
    const params = Object.values(JSON.parse(query.get('TemplateParam') ?? '{}') as Record<string, string>);
    for (const param of params) expect([param.length <= 35, param.includes('\n')]).toEqual([true, false]);
    expect([headers['x-acs-action'], headers['x-acs-version'], query.get('SignName')]).toEqual(['SendSms', '2017-05-25', '蚂蚁(迁移)*~!']);
  },
  shown: (request) => Object.values(paramsOf(request)).join('\n'),
  bytes: (request) => Buffer.byteLength(Object.values(paramsOf(request)).join('')),
  markup: [],
  unicode: (text) => text.slice(0, 20),
  providerId: 'biz-0,biz-1',
  fieldsOnly: true,
  refusals: [
    [
      'too many to one number',
      said('isv.BUSINESS_LIMIT_CONTROL'),
      { code: 'NOTIFY_CHANNEL_QUOTA_EXHAUSTED', refusal: 'retry', providerCode: 'isv.BUSINESS_LIMIT_CONTROL' },
    ],
    ['no balance', said('isv.AMOUNT_NOT_ENOUGH'), { code: 'NOTIFY_CHANNEL_BALANCE_EXHAUSTED', refusal: 'reconfigure' }],
    ['a number that is none', said('isv.MOBILE_NUMBER_ILLEGAL'), { code: 'NOTIFY_CHANNEL_RECIPIENT_REFUSED', refusal: 'give-up' }],
    ['a forbidden word', said('isv.BLACK_KEY_CONTROL_LIMIT'), { code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED', refusal: 'give-up' }],
    [
      'a template that is not approved',
      said('isv.SMS_TEMPLATE_ILLEGAL'),
      { code: 'NOTIFY_CHANNEL_SETTINGS_REFUSED', refusal: 'reconfigure' },
    ],
    ['a failure', said('isp.SYSTEM_ERROR'), { code: 'NOTIFY_CHANNEL_PROVIDER_FAILED', refusal: 'retry' }],
    ['a wrong key', said('InvalidAccessKeyId.NotFound', 404), { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure' }],
    ['a wrong signature', said('SignatureDoesNotMatch', 400), { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure' }],
    ['a code that nobody knows', said('Odd.Code'), { code: 'NOTIFY_CHANNEL_CODE_UNKNOWN', refusal: 'retry' }],
  ],
  throttled: [said('Throttling.User', 400), { providerCode: 'Throttling.User' }],
});

it('checks signatures as the vendor’s example has them', () => {
  const headers = {
    host: 'ecs.cn-shanghai.aliyuncs.com',
    'x-acs-action': 'RunInstances',
    'x-acs-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'x-acs-date': '2023-10-26T10:22:32Z',
    'x-acs-signature-nonce': '3156853299f313e23d1673dc12e1703d',
    'x-acs-version': '2014-05-26',
  };
  const query: [string, string][] = [
    ['ImageId', 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd'],
    ['RegionId', 'cn-shanghai'],
  ];
  const call = { method: 'POST', path: '/', query, headers, signedHeaders: Object.keys(headers), body: '' };
  expect(acs3Signature(call, 'YourAccessKeySecret')).toBe('06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0');
});

it('fills the template with values that fit, and sends again only to the numbers that do not have it', async () => {
  const channel = bench.open({ settings: { paramCharacters: 10 } });
  bench.provider.seen.length = 0;
  bench.provider.behave(({ query }) => said(query.get('PhoneNumbers') === '13800138000' ? 'OK' : 'isv.DAY_LIMIT_CONTROL'));
  expect(await bench.errors.of(channel.send(sampleMessage(), never))).toMatchObject({
    refusal: 'retry',
    message: expect.stringContaining('1 of 2'),
  });
  expect(paramsOf(bench.provider.seen[0]!)).toEqual({ name: '[FIRING] …', detail: 'The migra…' });
  bench.provider.seen.length = 0;
  bench.provider.behave(() => said('OK'));
  await channel.send(sampleMessage(), never);
  expect(bench.provider.seen.map(({ query }) => query.get('PhoneNumbers'))).toEqual(['+8613800138001']);
});
