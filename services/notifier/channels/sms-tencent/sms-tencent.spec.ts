import { CANARY, describeChannel, PROVIDER_NAME } from '../testkit/channel.contract';
import { tc3Signature } from '../testkit/cloud-signatures';
import type { SeenRequest } from '../testkit/provider-server';
import { sampleMessage } from '../testkit/sample-message';
import { smsTencent } from './sms-tencent';

const never = new AbortController().signal;
const numbersOf = ({ json }: SeenRequest) => json['PhoneNumberSet'] as string[];
const paramsOf = ({ json }: SeenRequest) => json['TemplateParamSet'] as string[];
const e164 = (number: string) => (number.startsWith('+') ? number : `+86${number}`);
const statuses = (request: SeenRequest, codeOf: (number: string) => string) => ({
  body: {
    Response: {
      RequestId: 'r',
      // In another order than asked.
      SendStatusSet: numbersOf(request)
        .map((number) => ({ PhoneNumber: e164(number), Code: codeOf(number), SerialNo: `no-${number.slice(-1)}`, Message: 'm', Fee: 1 }))
        .reverse(),
    },
  },
});
const refusedAll = (code: string) => ({
  body: {
    Response: { RequestId: 'r', SendStatusSet: ['+8613800138000', '+8613800138001'].map((PhoneNumber) => ({ PhoneNumber, Code: code })) },
  },
});
const failed = (code: string) => ({ body: { Response: { RequestId: 'r', Error: { Code: code, Message: 'm' } } } });

const bench = describeChannel({
  make: smsTencent,
  settings: ({ port }) => ({
    numbers: ['13800138000', '+8613800138001'],
    sdkAppId: '1400006666',
    signName: '蚂蚁',
    templateId: '1110',
    templateParams: ['{title}', '{text}'],
    baseUrl: `https://${PROVIDER_NAME}:${port}`,
  }),
  secrets: () => ({ secretId: `AKID${CANARY}`, secretKey: CANARY }),
  accepts: (request) => statuses(request, () => 'Ok'),
  verify: ({ method, headers, body, json }) => {
    const pattern = /^TC3-HMAC-SHA256 Credential=(.+)\/(\d{4}-\d\d-\d\d)\/sms\/tc3_request, SignedHeaders=(.+), Signature=([0-9a-f]{64})$/;
    const [, id, , names = '', signature] = pattern.exec(headers['authorization'] ?? '') ?? [];
    const timestamp = Number(headers['x-tc-timestamp']);
    // The SDK signs the host without its port: at the port of https there is none.
    const asSigned = { ...headers, host: PROVIDER_NAME };
    const call = { method, path: '/', query: [], headers: asSigned, signedHeaders: names.split(';'), body };
    expect([id, signature]).toEqual([`AKID${CANARY}`, tc3Signature(call, { secret: CANARY, timestamp, service: 'sms' })]);
    expect([headers['x-tc-action'], headers['x-tc-version'], headers['x-tc-region']]).toEqual(['SendSms', '2021-01-11', 'ap-guangzhou']);
    for (const param of json['TemplateParamSet'] as string[]) expect([param.length <= 35, param.includes('\n')]).toEqual([true, false]);
    expect(json).toMatchObject({ SmsSdkAppId: '1400006666', SignName: '蚂蚁', TemplateId: '1110' });
  },
  shown: (request) => paramsOf(request).join('\n'),
  bytes: (request) => Buffer.byteLength(paramsOf(request).join('')),
  markup: [],
  unicode: (text) => text.slice(0, 20),
  providerId: 'no-0,no-1',
  fieldsOnly: true,
  refusals: [
    [
      'no balance',
      refusedAll('FailedOperation.InsufficientBalanceInSmsPackage'),
      { code: 'NOTIFY_CHANNEL_BALANCE_EXHAUSTED', refusal: 'reconfigure' },
    ],
    [
      'too many to one number',
      refusedAll('LimitExceeded.PhoneNumberDailyLimit'),
      { code: 'NOTIFY_CHANNEL_QUOTA_EXHAUSTED', refusal: 'retry' },
    ],
    [
      'numbers that are none',
      refusedAll('InvalidParameterValue.IncorrectPhoneNumber'),
      { code: 'NOTIFY_CHANNEL_RECIPIENT_REFUSED', refusal: 'give-up' },
    ],
    [
      'a forbidden word',
      refusedAll('FailedOperation.ContainSensitiveWord'),
      { code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED', refusal: 'give-up' },
    ],
    [
      'a template that is not approved',
      refusedAll('FailedOperation.TemplateIncorrectOrUnapproved'),
      { code: 'NOTIFY_CHANNEL_SETTINGS_REFUSED', refusal: 'reconfigure' },
    ],
    [
      'a wrong signature',
      failed('AuthFailure.SignatureFailure'),
      { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure', providerCode: 'AuthFailure.SignatureFailure' },
    ],
    ['a failure', failed('InternalError.Timeout'), { code: 'NOTIFY_CHANNEL_PROVIDER_FAILED', refusal: 'retry' }],
    ['a code that nobody knows', failed('Odd'), { code: 'NOTIFY_CHANNEL_CODE_UNKNOWN', refusal: 'retry' }],
  ],
  throttled: [failed('RequestLimitExceeded'), { providerCode: 'RequestLimitExceeded' }],
});

it('checks signatures as the vendor’s example has them', () => {
  // https://cloud.tencent.com/document/api/213/30654
  const headers = { 'content-type': 'application/json; charset=utf-8', host: 'cvm.tencentcloudapi.com' };
  const body = '{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}';
  const call = { method: 'POST', path: '/', query: [], headers, signedHeaders: Object.keys(headers), body };
  const key = { secret: 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE', timestamp: 1_551_113_065, service: 'cvm' };
  expect(tc3Signature(call, key)).toBe('72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168');
});

it('looks at the answer for each number, and sends again only to those that do not have it', async () => {
  const channel = bench.open();
  bench.provider.behave((request) =>
    statuses(request, (number) => (number.endsWith('0') ? 'Ok' : 'LimitExceeded.PhoneNumberThirtySecondLimit')),
  );
  const error = await bench.errors.of(channel.send(sampleMessage(), never));
  expect(error).toMatchObject({ refusal: 'retry', message: expect.stringContaining('1 of 2 recipients have it') });
  bench.provider.seen.length = 0;
  bench.provider.behave((request) => statuses(request, () => 'Ok'));
  expect(await channel.send(sampleMessage(), never)).toEqual({ providerId: 'no-0,no-1' });
  expect(bench.provider.seen.map(numbersOf)).toEqual([['+8613800138001']]);
});

it('asks for an address whose name is what is signed', () => {
  const type = smsTencent({ guard: { assertLiteralAllowed: () => undefined }, timeoutMs: 1 } as never);
  const settings = { numbers: ['10086'], sdkAppId: '1400006666', templateId: '1', baseUrl: 'https://proxy.example' };
  expect(type.check(settings, { secretId: 'a', secretKey: 'b' })).toEqual([
    { field: 'settings.baseUrl', message: expect.stringContaining('sms.') },
  ]);
});
