import { CANARY, describeChannel } from '../testkit/channel.contract';
import type { SeenRequest } from '../testkit/provider-server';
import { LINK, sampleMessage } from '../testkit/sample-message';
import { dedupKey, pagerduty } from './pagerduty';

const KEY = CANARY.padEnd(32, '0');
const payloadOf = ({ json }: SeenRequest) => json['payload'] as { summary: string; custom_details: { text: string } } | undefined;

const bench = describeChannel({
  make: pagerduty,
  settings: ({ url }) => ({ baseUrl: url }),
  secrets: () => ({ routingKey: KEY }),
  accepts: ({ json }) => ({ status: 202, body: { status: 'success', message: 'Event processed', dedup_key: json['dedup_key'] } }),
  verify: (request) => {
    const { path, json } = request;
    expect([path, json['routing_key'], json['dedup_key']]).toEqual(['/v2/enqueue', KEY, 'route-1/{migration="photos"}']);
    const payload = payloadOf(request);
    expect(json['event_action']).toBe(payload ? 'trigger' : 'resolve');
    if (payload) expect([payload.summary.length > 0, payload.summary.length <= 1_024]).toEqual([true, true]);
  },
  shown: (request) => `${payloadOf(request)?.summary}\n${payloadOf(request)?.custom_details.text}\n${String(request.json['client_url'])}`,
  bytes: ({ body }) => Buffer.byteLength(body),
  markup: [],
  providerId: 'route-1/{migration="photos"}',
  refusals: [
    [
      'a wrong key',
      { status: 400, body: { status: 'invalid event' } },
      { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure', providerCode: '400' },
    ],
    ['an address that is not there', { status: 404 }, { code: 'NOTIFY_CHANNEL_ADDRESS_UNKNOWN', refusal: 'reconfigure' }],
    ['a message that is too long', { status: 413 }, { code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED', refusal: 'give-up' }],
  ],
  throttled: [{ status: 429, headers: { 'retry-after': '9' } }, { retryAfterMs: 9_000 }],
});

it('opens an incident for a group, and ends the same', async () => {
  const [opened] = await bench.send(sampleMessage());
  expect(opened?.json).toMatchObject({ event_action: 'trigger', payload: { severity: 'critical' }, links: [{ href: LINK }] });
  const [ended] = await bench.send(sampleMessage({ status: 'resolved' }));
  expect(ended?.json).toEqual({ routing_key: KEY, event_action: 'resolve', dedup_key: opened?.json['dedup_key'] });
});

it('makes a key of any length short enough, and keeps keys apart', () => {
  expect(dedupKey('k'.repeat(255))).toBe('k'.repeat(255));
  const [one, other] = [dedupKey('k'.repeat(256)), dedupKey('k'.repeat(257))];
  expect([one.length, one === other]).toEqual([64, false]);
});
