import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Notifier } from './compose-notifier';
import { NotifierChild } from './testkit/notifier-child';
import { DOUBT_MS_OF_TESTS, NotifierRig, putChannel, report, until } from './testkit/notifier-rig';
import { createChannelTypes } from './channels/channel-types';
import { createEgressGuard } from '@smartant/platform/egress';

const GROUPS = 60;
const SLOTS = 4;

describe('a notifier that is killed', () => {
  let rig: NotifierRig;
  let notifier: Notifier;
  let server: Server;
  let child: NotifierChild;
  const received: string[] = [];
  /** Answers are held back after so many messages. */
  let answerUntil = 0;

  beforeAll(async () => {
    rig = await NotifierRig.start();
    child = new NotifierChild({ url: rig.url });
    const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: [], ours: [] });
    notifier = rig.compose({ kinds: createChannelTypes({ guard }), times: { sendMs: 30_000, leaseMs: 1_500, doubtMs: DOUBT_MS_OF_TESTS } });
    server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        received.push(/item-\d+/.exec(Buffer.concat(pieces).toString('utf8'))![0]);
        if (received.length <= answerUntil) response.writeHead(204).end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    await notifier.useCases.channels.put(putChannel({ type: 'webhook', settings: {}, secrets: { url, signingKey: 'of-this-spec-alone' } }));
    const document = { route: { name: 'all', channels: ['ops'], groupBy: ['item'], groupWait: '0s' } };
    await notifier.useCases.routing.put('ws_1', 0, document, 'ann');
  });
  afterAll(async () => {
    await child?.kill();
    server.closeAllConnections();
    server.close();
    await rig.stop();
  });

  it('loses nothing, and another replica sends again only what was in flight', async () => {
    const alerts = Array.from({ length: GROUPS }, (_, index) => report({ name: `item-${index}`, labels: { item: `item-${index}` } }));
    await child.start();
    await notifier.intake.report(alerts.slice(0, GROUPS / 2));
    // Two of one channel are sent at once: both have reached the provider, and no answer has come back.
    answerUntil = 10;
    await until(() => received.length >= answerUntil + 2);
    const inFlight = received.length - answerUntil;
    // And perhaps while these are put into groups and told.
    await notifier.intake.report(alerts.slice(GROUPS / 2));
    await child.kill();
    answerUntil = Infinity;
    notifier.start();
    await until(() => new Set(received).size === GROUPS);
    await until(async () => (await rig.database.query(`SELECT 1 FROM delivery WHERE state = 'pending'`)).length === 0);
    const states = await rig.database.query('SELECT state, count(*)::int AS count FROM delivery GROUP BY state');
    expect(states).toEqual([{ state: 'delivered', count: GROUPS }]);
    // What was answered and not yet written when it died comes twice, too.
    expect(received.length - GROUPS).toBeGreaterThanOrEqual(inFlight);
    expect(received.length - GROUPS).toBeLessThanOrEqual(SLOTS);
    const lost = await rig.database.query(`SELECT 1 FROM delivery_attempt WHERE error_code = 'NOTIFY_SENDER_LOST'`);
    expect(lost).toHaveLength(received.length - GROUPS);
    expect(rig.failures).toEqual([]);
  });
});
