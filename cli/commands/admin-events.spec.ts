import type { Script } from '../testing/scripted-api';
import { ScriptedCli } from '../testing/scripted-cli';

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
  const cli = new ScriptedCli(script);
  const run = (args: string[], env: Record<string, string> = {}) => cli.run(['admin', 'events', ...args], { env });

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
    expect(cli.api.to('POST /v1/admin/events/replay')).toMatchObject([{ body: { topic: 'smartant.runs.v1', group: 'scheduler' } }]);
  });
});
