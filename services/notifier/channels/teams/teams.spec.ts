import { CANARY, describeChannel } from '../testkit/channel.contract';
import type { SeenRequest } from '../testkit/provider-server';
import { LINK, sampleMessage } from '../testkit/sample-message';
import { teams } from './teams';

interface Card {
  type: string;
  version: string;
  body: { type: string; inlines: { type: string; text: string }[] }[];
  actions: { type: string; url: string }[];
}
const cardOf = ({ json }: SeenRequest) => (json['attachments'] as { contentType: string; content: Card }[])[0]!.content;

const bench = describeChannel({
  make: teams,
  settings: () => ({}),
  secrets: ({ url }) => ({ url: `${url}/workflows/1/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers&sig=${CANARY}` }),
  accepts: () => ({ status: 202, headers: { 'x-ms-workflow-run-id': '0858-run' } }),
  verify: (request) => {
    expect(request.query.get('sig')).toBe(CANARY);
    expect(request.json).toMatchObject({ type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive' }] });
    const { type, version, body } = cardOf(request);
    expect([type, version]).toEqual(['AdaptiveCard', '1.4']);
    // Runs of text know no markdown; blocks of text do.
    for (const element of body) expect([element.type, ...element.inlines.map((run) => run.type)]).toEqual(['RichTextBlock', 'TextRun']);
  },
  shown: (request) => {
    const { body, actions } = cardOf(request);
    return [...body.flatMap(({ inlines }) => inlines.map(({ text }) => text)), ...actions.map(({ url }) => url)].join('\n');
  },
  bytes: ({ body }) => Buffer.byteLength(body),
  markup: [],
  providerId: '0858-run',
  anyAnswerIsYes: true,
  refusals: [
    [
      'a signature that is not valid',
      { status: 401, body: { error: { code: 'DirectApiAuthorizationRequired' } } },
      { code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED', refusal: 'reconfigure' },
    ],
    ['a workflow that is gone', { status: 404 }, { code: 'NOTIFY_CHANNEL_ADDRESS_UNKNOWN', refusal: 'reconfigure', providerCode: '404' }],
    ['a workflow for other requests', { status: 400 }, { code: 'NOTIFY_CHANNEL_SETTINGS_REFUSED', refusal: 'reconfigure' }],
    ['a message that is too long', { status: 413 }, { code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED', refusal: 'give-up' }],
  ],
  throttled: [{ status: 429, headers: { 'retry-after': '12' } }, { retryAfterMs: 12_000 }],
});

it('draws no more lines than a card has room for', async () => {
  const [request] = await bench.send(sampleMessage({ text: Array.from({ length: 5_000 }, (_unused, line) => `${line}`).join('\n') }));
  const { body, actions } = cardOf(request!);
  expect(body.length).toBeLessThan(100);
  expect(body.at(-1)?.inlines[0]?.text).toBe('… (cut short)');
  expect(actions.map(({ url }) => url)).toEqual([LINK]);
});
