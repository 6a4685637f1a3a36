import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSmartant, runSmartant } from '../testing/run-smartant';
import { ScriptedApi, type Script } from '../testing/scripted-api';

const parked = {
  topic: 'smartant.runs.v1',
  group: 'scheduler',
  eventId: 'evt_1',
  type: 'io.smartant.run.finished.v1',
  key: 'mig_1',
  workspaceId: 'ws_1',
  occurredAt: '2026-01-02T03:04:05Z',
  parkedAt: '2026-01-02T03:04:06Z',
  attempts: 5,
  errorCode: 'VALUE_INVALID',
  reason: 'cannot be handled',
};
const script: Script = {
  'GET /v1/admin/events/parked': () => ({ body: { items: [parked] } }),
  'POST /v1/admin/events/replay': () => ({ body: { replayed: 3 } }),
};

describe('admin events', () => {
  let home: string;
  let api: ScriptedApi;

  beforeAll(async () => {
    buildSmartant();
    home = mkdtempSync(join(tmpdir(), 'smartant-cli-'));
    api = await ScriptedApi.start(script);
  });

  afterAll(async () => {
    await api.close();
    rmSync(home, { recursive: true });
  });

  const run = (args: string[], env: Record<string, string> = {}) =>
    runSmartant(['admin', 'events', ...args], { cwd: home, env: { SMARTANT_URL: api.url, SMARTANT_API_KEY: 'key', ...env } });

  it('parked lists events with the reason', async () => {
    const { code, stdout } = await run(['parked']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/TOPIC +CONSUMER +TYPE/);
    expect(stdout).toContain('VALUE_INVALID: cannot be handled');
    expect(JSON.parse((await run(['parked', '-o', 'json'])).stdout)).toEqual({ items: [parked] });
  });

  it('replay gives a consumer its events once more', async () => {
    const { code, stdout } = await run(['replay', 'smartant.runs.v1', 'scheduler'], { SMARTANT_LANG: 'zh' });
    expect(code).toBe(0);
    expect(stdout).toContain('3 个事件将重新处理');
    expect(api.to('POST /v1/admin/events/replay')).toMatchObject([{ body: { topic: 'smartant.runs.v1', group: 'scheduler' } }]);
  });
});
