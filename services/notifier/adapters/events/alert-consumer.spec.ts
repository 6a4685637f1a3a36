import { createHash } from 'node:crypto';
import { newEvent, type DomainEvent, type EventBus, type SubscribeOptions } from '@smartant/platform/events';
import { fingerprintOf, type AlertReport } from '../../domain/alert';
import { consumeAlerts } from './alert-consumer';

describe('the consumer of alerts', () => {
  const taken: AlertReport[] = [];
  let options: SubscribeOptions;
  beforeAll(async () => {
    const bus = { subscribe: async (given: SubscribeOptions) => void (options = given) } as unknown as EventBus;
    await consumeAlerts(bus, { report: async (reports) => void taken.push(...reports) });
  });
  const event = (data: object, type = 'io.smartant.alert.firing.v1'): DomainEvent =>
    newEvent({ type, topic: 'smartant.alerts.v1', key: 'f', workspaceId: 'ws_1', data });
  const data = {
    fingerprint: createHash('sha256').update('["ws_1","migration-lag",[["kind","database"],["migration","m"]]]').digest('hex'),
    workspaceId: 'ws_1',
    name: 'migration-lag',
    severity: 'warning',
    labels: { migration: 'm', kind: 'database' },
    annotations: { lag_seconds: '90' },
    migrationId: 'mig_1',
    startsAt: '2026-11-29T10:00:00Z',
  };

  it('takes what the contract says, under the same fingerprint', async () => {
    expect(options).toMatchObject({ topic: 'smartant.alerts.v1', group: 'notifier' });
    await options.handler(event(data));
    await options.handler(event({ ...data, endsAt: '2026-11-29T11:00:00Z' }, 'io.smartant.alert.resolved.v1'));
    expect(taken).toMatchObject([
      { name: 'migration-lag', severity: 'warning', source: 'scheduler', migrationId: 'mig_1', endsAt: null },
      { endsAt: new Date('2026-11-29T11:00:00Z') },
    ]);
    expect(fingerprintOf(taken[0]!)).toBe(data.fingerprint);
  });

  it('refuses what tells of no alert, and leaves what it does not know', async () => {
    await expect(options.handler(event({ ...data, severity: 'odd' }))).rejects.toMatchObject({ code: 'ALERT_EVENT_INVALID' });
    await expect(options.handler(event({ ...data, startsAt: 'soon' }))).rejects.toMatchObject({ code: 'ALERT_EVENT_INVALID' });
    await options.handler(event({}, 'io.smartant.alert.of-tomorrow.v9'));
  });
});
