import { CANARY, describeChannel } from '../testkit/channel.contract';
import type { SeenRequest } from '../testkit/provider-server';
import { sampleMessage } from '../testkit/sample-message';
import { slack } from './slack';

interface Block {
  type: string;
  text?: { type: string; text: string };
  elements?: { url: string; text: { type: string } }[];
}
const blocksOf = ({ json }: SeenRequest) => json['blocks'] as Block[];

const bench = describeChannel({
  make: slack,
  settings: () => ({}),
  secrets: ({ url }) => ({ url: `${url}/services/T0/B0/${CANARY}` }),
  accepts: () => ({ body: 'ok' }),
  verify: (request) => {
    expect(request.path).toBe(`/services/T0/B0/${CANARY}`);
    const blocks = blocksOf(request);
    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const { type, text } of blocks) {
      if (text === undefined) continue;
      expect(text.type).toBe('plain_text');
      expect(text.text.length).toBeLessThanOrEqual(type === 'header' ? 150 : 3_000);
      expect(text.text.length).toBeGreaterThan(0);
      // No entity is cut in two.
      expect(text.text.replace(/&(amp|lt|gt);/g, '')).not.toMatch(/[&<>]/);
    }
  },
  shown: (request) => {
    const links = blocksOf(request).flatMap(({ elements = [] }) => elements.map(({ url }) => url));
    return [request.json['text'], ...blocksOf(request).map(({ text }) => text?.text ?? ''), ...links].join('\n');
  },
  bytes: (request) =>
    Buffer.byteLength(
      blocksOf(request)
        .map(({ text }) => text?.text ?? '')
        .join(''),
    ),
  markup: [/<[!@#\w]/, /@(all|everyone|channel|here)/],
  providerId: '',
  anyAnswerIsYes: true,
  refusals: [
    [
      'a webhook that is gone',
      { status: 404, body: 'no_service' },
      { code: 'NOTIFY_CHANNEL_ADDRESS_UNKNOWN', refusal: 'reconfigure', providerCode: 'no_service' },
    ],
    [
      'an archived channel',
      { status: 410, body: 'channel_is_archived' },
      { code: 'NOTIFY_CHANNEL_ADDRESS_UNKNOWN', refusal: 'reconfigure' },
    ],
    [
      'a rule of the workspace',
      { status: 403, body: 'action_prohibited' },
      { code: 'NOTIFY_CHANNEL_SETTINGS_REFUSED', refusal: 'reconfigure' },
    ],
    ['a bad message', { status: 400, body: 'invalid_payload' }, { code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED', refusal: 'give-up' }],
    ['a failure', { status: 500, body: 'rollup_error' }, { code: 'NOTIFY_CHANNEL_PROVIDER_FAILED', refusal: 'retry' }],
    [
      'a status alone',
      { status: 403, body: 'x' },
      { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure', providerCode: '403' },
    ],
  ],
  throttled: [{ status: 429, headers: { 'retry-after': '30' }, body: 'rate_limited' }, { retryAfterMs: 30_000 }],
});

it('calls people for critical alerts that fire, and else nobody', async () => {
  const settings = { mention: 'here' };
  const [critical] = await bench.send(sampleMessage(), { settings });
  expect(blocksOf(critical!)).toContainEqual({ type: 'section', text: { type: 'mrkdwn', text: '<!here>' } });
  for (const own of [{ severity: 'warning' as const }, { status: 'resolved' as const }]) {
    const [quiet] = await bench.send(sampleMessage(own), { settings });
    expect(quiet!.body).not.toContain('<!here>');
  }
});

it('splits a long text into sections that lose nothing', async () => {
  const lines = Array.from({ length: 300 }, (_unused, index) => `line ${index} `.padEnd(40, '.'));
  const [request] = await bench.send(sampleMessage({ text: lines.join('\n') }));
  const sections = blocksOf(request!).filter(({ type }) => type === 'section');
  expect(sections.length).toBeGreaterThan(3);
  expect(sections.map(({ text }) => text?.text).join('\n')).toBe(lines.join('\n'));
});
