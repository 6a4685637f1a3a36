import type { Script } from '../testing/scripted-api';
import { ScriptedCli } from '../testing/scripted-cli';

const rotation = {
  id: 'rot_1',
  kind: 'master-key',
  targetKeyId: 'aaaa',
  state: 'running',
  requestedBy: 'usr_1',
  createdAt: '2026-01-02T03:04:05Z',
  finishedAt: null,
  total: 7,
  done: 3,
  failed: 0,
  lastError: null,
};
const status = {
  currentKeyId: 'aaaa',
  keys: [
    { keyId: 'aaaa', isCurrent: true, isHeld: true, values: 3, isRemovable: false },
    { keyId: 'bbbb', isCurrent: false, isHeld: true, values: 4, isRemovable: false },
    { keyId: 'cccc', isCurrent: false, isHeld: true, values: 0, isRemovable: true },
  ],
  areas: [{ name: 'endpoint secrets', values: 7, underCurrentKey: 3 }],
  rotation,
  problem: null,
};
const script: Script = {
  'GET /v1/admin/vault': () => ({ body: status }),
  'POST /v1/admin/vault/rotate': () => ({ body: rotation }),
};

describe('admin vault', () => {
  const cli = new ScriptedCli(script);
  const run = (args: string[], env: Record<string, string> = {}) => cli.run(['admin', 'vault', ...args], { env });

  it('status says which keys are needed, and how far the rotation is', async () => {
    const { code, stdout } = await run(['status']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/aaaa +3 +current/);
    expect(stdout).toMatch(/bbbb +4 +needed/);
    expect(stdout).toMatch(/cccc +0 +removable/);
    expect(stdout).toContain('Rotation (master key): running, 3 of 7 secrets.');
    expect(JSON.parse((await run(['status', '-o', 'json'])).stdout)).toEqual(status);
  });

  it('rotate asks for one or both layers', async () => {
    expect(await run(['rotate'])).toMatchObject({ code: 0 });
    const { stdout } = await run(['rotate', '--data-keys'], { SMARTANT_LANG: 'zh' });
    expect(stdout).toContain('轮换已在后台开始');
    expect(cli.api.to('POST /v1/admin/vault/rotate').map(({ body }) => body)).toEqual([{ dataKeys: false }, { dataKeys: true }]);
  });
});
