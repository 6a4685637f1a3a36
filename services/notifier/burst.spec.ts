import { NotifierRig, putChannel, report, until } from './testkit/notifier-rig';

const ALERTS = 20_000;
const BATCH = 5_000;

describe('a burst of alerts', () => {
  let rig: NotifierRig;
  beforeAll(async () => void (rig = await NotifierRig.start()));
  afterAll(() => rig.stop());

  it('becomes few messages that count all of it, whose size does not grow with it', async () => {
    const [first, second] = [rig.compose(), rig.compose()];
    const { useCases } = first;
    await useCases.channels.put(putChannel());
    const document = { route: { name: 'all', channels: ['ops'], groupBy: [], groupWait: '1s', groupInterval: '1s' } };
    await useCases.routing.put('ws_1', 0, document, 'ann');
    first.start();
    second.start();
    const alerts = Array.from({ length: ALERTS }, (_, index) =>
      report({ labels: { item: String(index) }, severity: index === 12_345 ? 'critical' : 'warning' }),
    );
    for (let from = 0; from < ALERTS; from += BATCH)
      await (from % 2 === 0 ? first : second).intake.report(alerts.slice(from, from + BATCH));
    const told = () => rig.channel.sent.reduce((sum, { message }) => sum + message.alertCount, 0);
    await until(() => told() >= ALERTS);
    expect(told()).toBe(ALERTS);
    expect(rig.channel.sent.length).toBeLessThan(60);
    for (const { message } of rig.channel.sent) {
      expect(message.alerts.length).toBeLessThanOrEqual(20);
      expect(JSON.stringify(message).length).toBeLessThan(100_000);
    }
    const worst = rig.channel.sent.filter(({ message }) => message.severity === 'critical');
    expect(worst.map(({ message }) => message.alerts[0]?.labels)).toEqual([{ item: '12345' }]);
    expect(rig.failures).toEqual([]);
  });
});
