import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import type { Message } from '../../domain/message';
import { CANARY, describeChannel } from '../testkit/channel.contract';
import { opensslHmac } from '../testkit/openssl-hmac';
import { sampleMessage } from '../testkit/sample-message';
import { webhook } from './webhook';

const SCHEMA = join(__dirname, '../../../../docs/schemas/notification-v1.schema.json');
const isOfSchema = addFormats(new Ajv2020({ allowUnionTypes: true })).compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object);

const bench = describeChannel({
  make: webhook,
  settings: () => ({}),
  secrets: ({ url }) => ({ url: `${url}/hooks/${CANARY}?token=${CANARY}`, signingKey: `${CANARY}-key`, authorization: `Bearer ${CANARY}` }),
  accepts: () => ({ status: 204 }),
  verify: ({ headers, body, json, path }) => {
    expect([path, headers['authorization']]).toEqual([`/hooks/${CANARY}?token=${CANARY}`, `Bearer ${CANARY}`]);
    const { t, v1 } = /^t=(?<t>\d+),v1=(?<v1>[0-9a-f]{64})$/.exec(headers['smartant-signature'] ?? '')?.groups ?? {};
    expect(v1).toBe(opensslHmac(`${CANARY}-key`, `${t}.${body}`).toString('hex'));
    expect(headers['smartant-delivery']).toBe(json['id']);
    expect([isOfSchema(json), isOfSchema.errors]).toEqual([true, null]);
  },
  shown: ({ json }) => `${String(json['title'])}\n${String(json['text'])}\n${String(json['url'])}`.replace(/[^\P{Cc}\n]|\u202e/gu, ''),
  bytes: ({ body }) => Buffer.byteLength(body),
  markup: [],
  providerId: '',
  anyAnswerIsYes: true,
  refusals: [
    ['a body that it does not take', { status: 422 }, { code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED', refusal: 'give-up', providerCode: '422' }],
    ['wrong credentials', { status: 401 }, { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure' }],
    ['an address that is gone', { status: 410 }, { code: 'NOTIFY_CHANNEL_ADDRESS_UNKNOWN', refusal: 'reconfigure' }],
    ['a timeout of its own', { status: 408 }, { code: 'NOTIFY_CHANNEL_TIMEOUT', refusal: 'retry' }],
  ],
  throttled: [{ status: 429, headers: { 'retry-after': '120' } }, { retryAfterMs: 120_000 }],
});

it('is the same at every attempt but for the time that is signed', async () => {
  let nowMs = 1_700_000_000_000;
  const own = { nowMs: () => nowMs };
  const [first] = await bench.send(sampleMessage(), own);
  nowMs += 3_600_000;
  const [second] = await bench.send(sampleMessage(), own);
  expect(second?.body).toBe(first?.body);
  expect(second?.headers['smartant-signature']).not.toBe(first?.headers['smartant-signature']);
  expect(first?.headers['smartant-signature']).toMatch(/^t=1700000000,/);
});

it('takes a delivery that the receiver has already for delivered', async () => {
  bench.provider.behave(() => ({ status: 409 }));
  await expect(bench.open().send(sampleMessage(), new AbortController().signal)).resolves.toEqual({ providerId: '' });
});

it('leaves out the last alerts of a group that is too large, and counts all', async () => {
  const [alert] = sampleMessage().alerts;
  const alerts: Message['alerts'] = Array.from({ length: 5_000 }, (_unused, index) => ({ ...alert!, id: `a-${index}` }));
  const [request] = await bench.send(sampleMessage({ alerts, alertCount: 5_000 }));
  const listed = request?.json['alerts'] as { id: string }[];
  expect(listed.map(({ id }) => id)).toEqual(alerts.slice(0, listed.length).map(({ id }) => id));
  expect([listed.length > 100, listed.length < 5_000, request?.json['alertCount']]).toEqual([true, true, 5_000]);
});
