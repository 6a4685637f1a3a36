import { describeIf } from '@smartant/test-servers';
import { Agent, request } from 'undici';
import { DATA_PATH, whyNoMesh } from './mesh-programs';
import { Replica } from './replica';
import { until } from './test-mesh';
import { accountUri, TrustedMesh, whyNoAddresses } from './trusted-mesh';

const ALERTMANAGER = accountUri('alertmanager-main', 'monitoring');
const OTHERS = [accountUri('prometheus', 'monitoring'), accountUri('alertmanager-main'), accountUri('scheduler'), accountUri('kong')];
const intake = { callers: ['monitoring/alertmanager-main'], from: [{ namespaceSelector: { matchLabels: { team: 'monitoring' } } }] };

describeIf(whyNoMesh(...DATA_PATH) ?? whyNoAddresses(), 'who brings alerts in the mesh', () => {
  let mesh: TrustedMesh;
  let notifier: Replica;
  beforeAll(async () => {
    mesh = await TrustedMesh.start();
    notifier = await Replica.start('notifier');
    const { port: grpc, httpPort: http } = notifier;
    await mesh.bring({ notifier: { grpc, http, admin: http, intake: http } }, { intake });
    await mesh.change({}, 'notifier', async (sidecar) => (await sidecar.listeners()).includes('/intake/alertmanager'));
  });
  afterAll(async () => {
    await mesh?.stop();
    notifier?.stop();
  });

  /** `uri` null: in plaintext. The status, or 0 where nothing is answered. */
  async function bring(uri: string | null, path = '/intake/alertmanager', method: 'GET' | 'POST' = 'POST'): Promise<number> {
    const { cert, key, caPem: ca } = await mesh.identity(uri ?? ALERTMANAGER);
    const dispatcher = new Agent({ connect: { cert, key, ca, checkServerIdentity: () => undefined } });
    const answer = request(`${uri === null ? 'http' : 'https'}://${mesh.host('notifier', 'intake')}${path}`, { method, dispatcher }).then(
      ({ statusCode, body }) => body.dump().then(() => statusCode),
      () => 0,
    );
    return answer.finally(() => dispatcher.close());
  }

  it('is the account that was named, by what it was named for', async () => {
    expect(await bring(ALERTMANAGER)).toBe(200);
    expect(await bring(ALERTMANAGER, '/intake/kubesphere')).toBe(200);
    expect(await bring(ALERTMANAGER, '/intake/alertmanager', 'GET')).toBe(403);
    expect(await bring(ALERTMANAGER, '/metrics')).toBe(403);
  });

  it('is nobody else, and nobody without a certificate', async () => {
    for (const uri of OTHERS) expect([uri, await bring(uri)]).toEqual([uri, 403]);
    expect(await bring(null)).toBe(0);
  });

  it('gets through by its own sidecar, which knows how the circuit breaks', async () => {
    const sidecar = await mesh.strangersSidecar('alertmanager', ALERTMANAGER);
    const name = `outbound|${mesh.chart.intakePort}||notifier-intake.prod.svc.cluster.local`;
    const place = `http://127.0.0.1:${mesh.chart.intakePort}/intake/alertmanager`;
    const host = `notifier-intake.prod:${mesh.chart.intakePort}`;
    await until('its sidecar knows the notifier', async () => (await sidecar.hosts()).some(({ cluster }) => cluster === name));
    const found = (JSON.parse(await sidecar.clusters()) as { configs: { cluster: { name: string } }[] }).configs;
    expect(found.find(({ cluster }) => cluster.name === name)!.cluster).toMatchObject({
      outlier_detection: { consecutive_5xx: expect.any(Number) },
      circuit_breakers: { thresholds: [expect.objectContaining({ max_requests: expect.any(Number) })] },
    });
    const { statusCode, body } = await request(place, { method: 'POST', headers: { host } });
    expect([statusCode, await body.text()]).toEqual([200, 'notifier']);
  });
});
