import { createLogger } from '@smartant/platform/logging';
import { counter, registry } from '@smartant/platform/metrics';
import { HealthRegistry, startAdminServer, type AdminServer } from './index';

const logger = createLogger({ service: 'spec', level: 'fatal', output: { write: () => undefined } });

describe('the admin server', () => {
  const servers: AdminServer[] = [];
  async function start(health: HealthRegistry) {
    const server = await startAdminServer({ host: '127.0.0.1', port: 0, health, registry, logger });
    servers.push(server);
    return async (path: string, method = 'GET') => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
      return { status: response.status, body: await response.text() };
    };
  }
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  it('is ready only while every check passes, and says which one fails without its secrets', async () => {
    const health = new HealthRegistry();
    const failure = new Error('connect postgres://app:CANARY@db/x refused');
    let broken = false;
    health.add('database', async () => {
      if (broken) throw failure;
    });
    const get = await start(health);
    expect(await get('/readyz')).toMatchObject({ status: 200 });
    broken = true;
    const answer = await get('/readyz');
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({ ready: false, checks: { database: expect.stringContaining('refused') } });
    expect(answer.body).not.toContain('CANARY');
    expect((await get('/livez')).status).toBe(200);
  });

  it('names concerns without being less ready for them', async () => {
    const health = new HealthRegistry();
    let said: string[] = [];
    health.addConcerns('event bus', () => said);
    expect(await health.report()).toMatchObject({ ready: true, concerns: {} });
    said = ['topic t: retention.ms is 1'];
    expect(await health.report()).toMatchObject({ ready: true, concerns: { 'event bus': said } });
  });

  it('is not ready before its start has ended', async () => {
    const health = new HealthRegistry({ starting: true });
    const get = await start(health);
    expect((await get('/readyz')).status).toBe(503);
    health.setStarted();
    expect((await get('/readyz')).status).toBe(200);
  });

  it('does not wait for a check that hangs', async () => {
    const health = new HealthRegistry();
    health.add('stuck', () => new Promise(() => undefined));
    const get = await start(health);
    expect(JSON.parse((await get('/readyz')).body).checks.stuck).toContain('no answer');
  });

  it('is alive but not ready while draining, and tells listeners', async () => {
    const health = new HealthRegistry();
    const seen: boolean[] = [];
    health.onReadyChange((ready) => seen.push(ready));
    const get = await start(health);
    await get('/readyz');
    health.setDraining();
    expect((await get('/readyz')).status).toBe(503);
    expect((await get('/livez')).status).toBe(200);
    expect(seen).toEqual([true, true, false]);
  });

  it('serves metrics, refuses other methods and paths', async () => {
    counter('smartant_health_spec_total', 'Spec.').inc();
    const get = await start(new HealthRegistry());
    expect((await get('/metrics')).body).toContain('smartant_health_spec_total 1');
    expect((await get('/metrics', 'POST')).status).toBe(405);
    expect((await get('/')).status).toBe(404);
  });

  it('names a port that is taken', async () => {
    const health = new HealthRegistry();
    const first = await startAdminServer({ host: '127.0.0.1', port: 0, health, registry, logger });
    servers.push(first);
    await expect(startAdminServer({ host: '127.0.0.1', port: first.port, health, registry, logger })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      details: { port: String(first.port) },
    });
  });
});
