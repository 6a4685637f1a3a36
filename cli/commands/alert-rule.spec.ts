import type { Script } from '../testing/scripted-api';
import { ScriptedCli } from '../testing/scripted-cli';

const rule = {
  name: 'migration-stalled',
  subject: 'migration',
  summary: 'Words of the server.',
  enabled: true,
  severity: 'info',
  forSeconds: 0,
  thresholds: { minutes: 45 },
  usual: { severity: 'warning', forSeconds: 0 },
  thresholdRanges: { minutes: { summary: 'Minutes without any progress.', usual: 30, minimum: 1, maximum: 10080 } },
  isChanged: true,
  version: 7,
  updatedAt: null,
  updatedBy: null,
};
const condition = {
  id: 'alc_1',
  fingerprint: 'f',
  rule: 'migration-failed',
  severity: 'critical',
  state: 'firing',
  labels: { migration: 'photos' },
  annotations: { error_code: 'STORAGE_UNREACHABLE' },
  migrationId: 'mig_1',
  pendingSince: '2026-01-02T03:04:05Z',
  firingSince: '2026-01-02T03:04:05Z',
  resolvedAt: null,
  toldAt: null,
};
const RULES = '/alert-rules';
const script: Script = {
  [`GET ${RULES}`]: () => ({ body: { items: [rule] } }),
  [`GET ${RULES}/migration-stalled`]: () => ({ body: rule }),
  [`PUT ${RULES}/migration-stalled`]: () => ({ body: { ...rule, version: 8 } }),
  [`DELETE ${RULES}/migration-stalled`]: () => ({ status: 204 }),
  'GET /alert-conditions': () => ({ body: { items: [condition], nextPageToken: null } }),
  'GET /v1/admin/alert-rules': () => ({ body: { items: [{ ...rule, name: 'outbox-behind' }] } }),
};

describe('alert-rule', () => {
  const cli = new ScriptedCli(script);
  const run = (args: string[], env: Record<string, string> = {}) => cli.run(['alert-rule', ...args], { env });

  it('list and show say how rules are set, in the words of the user', async () => {
    expect((await run(['list'])).stdout).toMatch(/migration-stalled +on +info +0s +minutes=45 +changed/);
    expect((await run(['list', '--platform'])).stdout).toContain('outbox-behind');
    const { stdout } = await run(['show', 'migration-stalled'], { SMARTANT_LANG: 'zh' });
    expect(stdout).toContain('迁移应当在工作');
    expect(stdout).toMatch(/45 \(默认: 30\)/);
  });

  it('set keeps what was changed before, and changes the version that it has read', async () => {
    expect(await run(['set', 'migration-stalled', '--for', '5m', '--threshold', 'minutes=10', '--disable'])).toMatchObject({ code: 0 });
    const [sent] = cli.api.to(`PUT ${RULES}/migration-stalled`);
    expect(sent?.body).toEqual({ severity: 'info', forSeconds: 300, thresholds: { minutes: 10 }, enabled: false });
    expect(sent?.headers['if-match']).toBe('"7"');
    expect(await run(['reset', 'migration-stalled'])).toMatchObject({ code: 0 });
    expect(cli.api.to(`DELETE ${RULES}/migration-stalled`)).toHaveLength(1);
  });

  it.each([
    [['set', 'migration-stalled']],
    [['set', 'migration-stalled', '--severity', 'loud']],
    [['set', 'x', '--threshold', 'minutes']],
    [['conditions', '--state', 'odd']],
  ])('%j is refused before anything is asked', async (args) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain('CLI_USAGE');
  });

  it('conditions says what is seen', async () => {
    expect((await run(['conditions', '--state', 'firing'])).stdout).toMatch(
      /firing +critical +migration-failed +photos STORAGE_UNREACHABLE/,
    );
  });
});
