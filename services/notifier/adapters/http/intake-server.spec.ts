import { createLogger } from '@smartant/platform/logging';
import { SmartantError } from '@smartant/kernel';
import type { AlertReport } from '../../domain/alert';
import { startIntakeServer, type IntakeServer } from './intake-server';

const TOKEN = 'a-token-of-the-intake';

/** As https://prometheus.io/docs/alerting/latest/configuration/#webhook_config shows it. */
const alertmanager = {
  version: '4',
  groupKey: '{}:{alertname="HighLoad"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'smartant',
  groupLabels: { alertname: 'HighLoad' },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'HighLoad', severity: 'page', instance: 'db:9100' },
      annotations: { summary: 'The load is high' },
      startsAt: '2026-11-29T10:00:00.123Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus/graph',
      fingerprint: 'abc',
    },
    {
      status: 'resolved',
      labels: { alertname: 'Low', severity: 'odd' },
      annotations: {},
      startsAt: '2026-11-29T09:00:00Z',
      endsAt: '2026-11-29T09:30:00Z',
    },
  ],
};

describe('the intake over HTTP', () => {
  let server: IntakeServer;
  let failure: SmartantError | null = null;
  const logged: string[] = [];
  const taken: AlertReport[] = [];

  beforeAll(async () => {
    const logger = createLogger({ service: 'spec', level: 'info', output: { write: (line: string) => void logged.push(line) } });
    const report = async (reports: readonly AlertReport[]) => {
      if (failure) throw failure;
      taken.push(...reports);
    };
    server = await startIntakeServer({ host: '127.0.0.1', port: 0, token: TOKEN, intake: { report }, logger, longest: 10_000 });
  });
  afterAll(() => server.close());
  beforeEach(() => void taken.splice(0));

  const post = async (path: string, body: unknown, { token = TOKEN, method = 'POST' } = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method, headers, body: method === 'GET' ? undefined : text });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: (await response.json()) as Record<string, unknown>,
    };
  };

  it('takes what Alertmanager sends', async () => {
    expect(await post('/intake/alertmanager?workspace=ws_1', alertmanager)).toMatchObject({ status: 202 });
    expect(taken).toMatchObject([
      {
        workspaceId: 'ws_1',
        name: 'HighLoad',
        severity: 'critical',
        source: 'alertmanager',
        labels: { instance: 'db:9100' },
        endsAt: null,
      },
      { name: 'Low', severity: 'warning', labels: {}, endsAt: new Date('2026-11-29T09:30:00Z') },
    ]);
    expect(taken[0]?.startsAt).toEqual(new Date('2026-11-29T10:00:00.123Z'));
    expect(Object.keys(taken[0]!.labels)).toEqual(['instance']);
  });

  it('takes what KubeSphere sends, as a list or an object', async () => {
    const alert = {
      labels: { alertname: 'NodeDown', severity: 'warning' },
      annotations: {},
      startsAt: '2026-11-29T10:00:00Z',
      endsAt: '2099-01-01T00:00:00Z',
    };
    expect((await post('/intake/kubesphere', [alert])).status).toBe(202);
    expect((await post('/intake/kubesphere', { alerts: [{ ...alert, endsAt: '2026-11-29T10:05:00Z' }] })).status).toBe(202);
    expect(taken).toMatchObject([
      { workspaceId: '', name: 'NodeDown', source: 'kubesphere', endsAt: null },
      { name: 'NodeDown', endsAt: new Date('2026-11-29T10:05:00Z') },
    ]);
  });

  it('heeds when silence would mean the end, and where a source says that itself', async () => {
    const labels = { alertname: 'NodeDown' };
    const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
    await post('/intake/kubesphere', [{ labels, endsAt: inMinutes(60) }, { labels, endsAt: inMinutes(1) }, { labels }]);
    await post('/intake/alertmanager', { version: '4', alerts: [{ status: 'firing', labels, endsAt: inMinutes(60) }] });
    const [hour, soon, none, told] = taken.map(({ silentMs }) => silentMs);
    expect(hour).toBeGreaterThan(50 * 60_000);
    expect(hour).toBeLessThanOrEqual(60 * 60_000);
    expect([soon, none, told]).toEqual([300_000, undefined, undefined]);
  });

  it.each<[string, number, string, Promise<unknown> | (() => ReturnType<typeof post>)]>([
    ['a wrong token', 401, 'INTAKE_TOKEN_INVALID', () => post('/intake/alertmanager', alertmanager, { token: 'wrong' })],
    ['another path', 404, 'INTAKE_ROUTE_NOT_FOUND', () => post('/intake/other', {})],
    ['another method', 404, 'INTAKE_ROUTE_NOT_FOUND', () => post('/intake/alertmanager', '', { method: 'GET' })],
    ['no JSON', 400, 'INTAKE_BODY_INVALID', () => post('/intake/alertmanager', '{')],
    ['a workspace that is none', 400, 'INTAKE_BODY_INVALID', () => post('/intake/alertmanager?workspace=a/b', alertmanager)],
    ['no alerts', 400, 'ALERT_INVALID', () => post('/intake/alertmanager', {})],
    ['an alert without a name', 400, 'ALERT_INVALID', () => post('/intake/kubesphere', [{ labels: {} }])],
    ['a time that is none', 400, 'ALERT_INVALID', () => post('/intake/kubesphere', [{ labels: { alertname: 'x' }, startsAt: 'soon' }])],
    ['a body that is too long', 413, 'INTAKE_BODY_TOO_LARGE', () => post('/intake/alertmanager', JSON.stringify('x'.repeat(20_000)))],
  ])('refuses %s with a problem', async (_what, status, code, ask) => {
    expect(await (ask as () => ReturnType<typeof post>)()).toMatchObject({
      status,
      type: 'application/problem+json',
      body: { status, code },
    });
    expect(taken).toEqual([]);
  });

  it('says that it could not, and nothing of why, when the store is away', async () => {
    failure = new SmartantError('DATABASE_UNAVAILABLE', 'The database cannot be reached.', { kind: 'unavailable' });
    expect(await post('/intake/alertmanager', alertmanager)).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE' } });
    failure = null;
    expect(logged.join()).not.toContain(TOKEN);
  });
});
