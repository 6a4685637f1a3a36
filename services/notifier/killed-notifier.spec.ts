import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Notifier } from './compose-notifier';
import { NotifierRig, putChannel, report, until } from './testkit/notifier-rig';
import { createChannelTypes } from './channels/channel-types';
import { createEgressGuard } from '@smartant/platform/egress';

const RUNNER = join(__dirname, '..', '..', 'libs', 'platform', 'lifecycle', 'testkit', 'run-typescript.cjs');
const GROUPS = 60;
const SLOTS = 4;

describe('a notifier that is killed', () => {
  let rig: NotifierRig;
  let notifier: Notifier;
  let server: Server;
  let child: ChildProcess;
  const received: string[] = [];
  /** Answers are held back after so many messages. */
  let answerUntil = 0;

  beforeAll(async () => {
    rig = await NotifierRig.start();
    const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: [], ours: [] });
    notifier = rig.compose({ kinds: createChannelTypes({ guard }), times: { sendMs: 30_000, leaseMs: 1_500, doubtMs: 200 } });
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
    child?.kill('SIGKILL');
    server.closeAllConnections();
    server.close();
    await rig.stop();
  });

  const start = () => {
    child = spawn(process.execPath, ['-r', RUNNER, join(__dirname, 'testkit', 'notifier-process.ts'), rig.url], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
  const kill = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };

  it('loses nothing, and another replica sends again only what was in flight', async () => {
    const alerts = Array.from({ length: GROUPS }, (_, index) => report({ name: `item-${index}`, labels: { item: `item-${index}` } }));
    start();
    await notifier.intake.report(alerts.slice(0, GROUPS / 2));
    // Two of one channel are sent at once: both have reached the provider, and no answer has come back.
    answerUntil = 10;
    await until(() => received.length >= answerUntil + 2);
    const inFlight = received.length - answerUntil;
    // And perhaps while these are put into groups and told.
    await notifier.intake.report(alerts.slice(GROUPS / 2));
    await kill();
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
