import { CANARY, describeChannel } from '../testkit/channel.contract';
import { HOSTILE, sampleMessage } from '../testkit/sample-message';
import { atPointer } from './json-pointer';
import { smsHttp } from './sms-http';

const never = new AbortController().signal;

const bench = describeChannel({
  make: smsHttp,
  settings: () => ({
    numbers: ['+8613800138000', '+8613800138001'],
    body: '{"to":"{to}","text":"{title}: {text}","key":"{secret}"}',
    headers: { 'X-Request-Id': '{id}' },
    resultPointer: '/code',
    successValues: ['0', 'OK'],
    retryValues: ['BUSY'],
    giveUpValues: ['BLACKLIST'],
    reconfigureValues: ['NO_BALANCE'],
    idPointer: '/data/ids/0',
  }),
  secrets: ({ url }) => ({ url: `${url}/send?u=me&p={secret}&to={to}`, secret: `${CANARY}&+"`, authorization: `Bearer ${CANARY}` }),
  accepts: ({ json }) => ({ body: { code: 0, data: { ids: [`id-${String(json['to']).slice(-1)}`] } } }),
  verify: ({ json, query, headers }) => {
    expect([json['key'], query.get('p'), query.get('to'), headers['authorization']]).toEqual([
      `${CANARY}&+"`,
      `${CANARY}&+"`,
      json['to'],
      `Bearer ${CANARY}`,
    ]);
    expect(headers['x-request-id']).toBe(sampleMessage().id);
  },
  shown: ({ json }) => String(json['text']),
  bytes: ({ body }) => Buffer.byteLength(body),
  markup: [],
  providerId: 'id-0,id-1',
  fieldsOnly: true,
  refusals: [
    [
      'a value that means later',
      { body: { code: 'BUSY' } },
      { code: 'NOTIFY_CHANNEL_PROVIDER_FAILED', refusal: 'retry', providerCode: 'BUSY' },
    ],
    ['a value that means never', { body: { code: 'BLACKLIST' } }, { code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED', refusal: 'give-up' }],
    [
      'a value that means correct me',
      { body: { code: 'NO_BALANCE' } },
      { code: 'NOTIFY_CHANNEL_SETTINGS_REFUSED', refusal: 'reconfigure' },
    ],
    [
      'a value that nobody named',
      { body: { code: 'ODD' } },
      { code: 'NOTIFY_CHANNEL_CODE_UNKNOWN', refusal: 'retry', providerCode: 'ODD' },
    ],
    ['a status', { status: 401 }, { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure' }],
  ],
  throttled: [{ status: 429, headers: { 'retry-after': '3' } }, { retryAfterMs: 3_000 }],
  anyAnswerIsYes: true,
});

it('takes an answer that says nothing for none, where a value is asked for', async () => {
  bench.provider.behave(() => ({ body: '<html>' }));
  expect(await bench.errors.of(bench.open().send(sampleMessage(), never))).toMatchObject({ code: 'NOTIFY_CHANNEL_ANSWER_INVALID' });
});

it('writes values so that they stay values, in forms, addresses and texts', async () => {
  const message = sampleMessage({ text: HOSTILE, title: 'a&to=+1{to}' });
  const [form] = await bench.send(message, {
    settings: { bodyFormat: 'form', body: 'to={to}&text={text}&title={title}', textCharacters: 1_000 },
  });
  const fields = new URLSearchParams(form!.body);
  expect([fields.getAll('to'), fields.get('title')]).toEqual([['+8613800138000'], 'a&to=+1{to}']);
  expect(fields.get('text')).toContain('{title} {secret}');
  const [get] = await bench.send(sampleMessage(), { settings: { method: 'GET' } });
  expect([get?.method, get?.body, get?.query.get('to')]).toEqual(['GET', '', '+8613800138000']);
});

it('sends again only to the numbers that do not have it', async () => {
  const channel = bench.open();
  bench.provider.behave(({ json }) => ({ body: { code: String(json['to']).endsWith('1') ? 'BUSY' : 0 } }));
  const error = await bench.errors.of(channel.send(sampleMessage(), never));
  expect(error).toMatchObject({ refusal: 'retry', message: expect.stringContaining('1 of 2') });
  bench.provider.seen.length = 0;
  bench.provider.behave(() => ({ body: { code: 'OK' } }));
  await channel.send(sampleMessage(), never);
  expect(bench.provider.seen.map(({ json }) => json['to'])).toEqual(['+8613800138001']);
});

describe('check', () => {
  const type = () => smsHttp({ guard: { assertLiteralAllowed: () => undefined } } as never);
  const fields = (settings: object, secrets: Record<string, string> = {}) =>
    type()
      .check({ numbers: ['10086'], ...settings }, { url: 'https://gateway.example/{to}', ...secrets })
      .map(({ field }) => field);

  it('refuses templates that cannot work', () => {
    expect(fields({})).toEqual([]);
    expect(fields({ body: '{"to":{to}' })).toEqual(['settings.body']);
    expect(fields({ body: '{nonsense}' })).toEqual(['settings.body']);
    expect(fields({ headers: { 'X-A': '{nonsense}' } })).toEqual(['settings.headers.X-A']);
    expect(fields({ headers: { 'Transfer-Encoding': 'chunked' } })).toEqual(['settings.headers']);
    expect(fields({ resultPointer: 'code' })).toEqual(['settings.resultPointer']);
    for (const url of [
      'https://{to}.example/',
      'https://x.example{text}/',
      'http://x.example/',
      'file:///etc/passwd',
      'https://x.example/{nonsense}',
    ])
      expect([url, fields({}, { url })]).toEqual([url, ['secrets.url']]);
  });
});

it('reads JSON pointers as RFC 6901 says', () => {
  const document = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'm~n': 8, ' ': 7 };
  const found = ['/foo/0', '/', '/a~1b', '/m~0n', '/ ', '/none/x', '/toString', '/foo/length'].map((pointer) =>
    atPointer(document, pointer),
  );
  expect(found).toEqual(['bar', 0, 1, 8, 7, undefined, undefined, 2]);
  expect(atPointer(document, '')).toBe(document);
});
