import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AUDIT_FORMAT,
  auditLine,
  createReportKey,
  GENESIS_HASH,
  sealEntry,
  signAuditStatement,
  type AuditEntry,
  type AuditStatement,
  type SealedEntry,
} from '@smartant/proof';
import { buildSmartant, runSmartant } from '../testing/run-smartant';
import { ScriptedApi, type Reply } from '../testing/scripted-api';

const key = createReportKey();
const AT = '2026-11-28T10:00:00.000Z';

function entryAt(seq: number): AuditEntry {
  return {
    v: 1,
    id: `aud_${seq}`,
    chain: 'ws_1',
    seq,
    at: AT,
    workspaceId: 'ws_1',
    action: 'endpoint.create',
    // A line separator is no end of a line, and an escape is nothing for a terminal.
    target: { kind: 'endpoint', id: `ep_${seq}`, name: 'a\u2028b\u001b[31m' },
    before: null,
    after: { size: 1 },
    outcome: seq === 3 ? 'refused' : 'done',
    code: seq === 3 ? 'ROLE_FORBIDDEN' : null,
    actor: { userId: 'usr_1', address: '192.0.2.1', credential: 'password', traceId: null },
  };
}

const sealed: SealedEntry[] = [];
for (let seq = 1; seq <= 5; seq += 1) sealed.push(sealEntry(sealed.at(-1)?.hash ?? GENESIS_HASH, entryAt(seq)));

function exportOf(entries: SealedEntry[]): string[] {
  const { entry, hash } = entries.at(-1)!;
  const end = { type: 'export', at: AT, scope: 'ws_1', heads: [{ chain: 'ws_1', seq: entry.seq, hash }] } satisfies AuditStatement;
  return [
    auditLine({ kind: 'header', format: AUDIT_FORMAT }),
    ...entries.map((each) => auditLine({ kind: 'entry', ...each })),
    auditLine({ kind: 'statement', envelope: signAuditStatement(end, key.privateKeyPem, key.keyId) }),
  ];
}
const text = (lines: string[]) => `${lines.join('\n')}\n`;
const lines = exportOf(sealed);

const streamed =
  (body: string): (() => Reply) =>
  () =>
  (response) =>
    void response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(body);

describe('the audit trail', () => {
  let home: string;
  let api: ScriptedApi;
  const file = (name: string, content: string) => writeFileSync(join(home, name), content);

  beforeAll(async () => {
    buildSmartant();
    home = mkdtempSync(join(tmpdir(), 'smartant-cli-'));
    api = await ScriptedApi.start({
      'GET /audit': () => ({ body: { items: [entryAt(3), entryAt(2)], nextPageToken: null } }),
      'GET /v1/audit': () => ({ body: { items: [], nextPageToken: null } }),
      'GET /audit/export': streamed(text(lines)),
      'GET /v1/audit/export': streamed(text(lines.toSpliced(2, 1))),
    });
    file('key.pem', key.publicKeyPem);
  });
  afterAll(async () => {
    await api.close();
    rmSync(home, { recursive: true });
  });

  const run = (args: string[], env: Record<string, string> = {}) =>
    runSmartant(args, { cwd: home, env: { SMARTANT_URL: api.url, SMARTANT_API_KEY: 'key', ...env } });
  const offline = (args: string[], input?: string) => runSmartant(['audit', 'verify', ...args], { cwd: home, input });

  it('is listed with filters', async () => {
    const { code, stdout } = await run(['audit', 'list', '--from', '2026-11-28T08:00:00+08:00', '--action', 'endpoint', '--limit', '2']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/TIME +ACTOR +ADDRESS +ACTION +TARGET +OUTCOME/);
    expect(stdout).toContain('refused (ROLE_FORBIDDEN)');
    expect(stdout).not.toContain('\u001b');
    expect(Object.fromEntries(api.to('GET /audit')[0]!.query)).toEqual({
      from: '2026-11-28T00:00:00.000Z',
      action: 'endpoint',
      pageSize: '2',
    });
    expect((await run(['audit', 'list', '--all'])).stderr).toContain('Nothing was done');
    expect(await run(['audit', 'list', '--from', 'yesterday'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--from') });
  });

  it('is exported into a private file, or to stdout, as it came', async () => {
    expect(await run(['audit', 'export', 'trail.ndjson', '--after', '7'])).toMatchObject({ code: 0 });
    expect(readFileSync(join(home, 'trail.ndjson'), 'utf8')).toBe(text(lines));
    expect(statSync(join(home, 'trail.ndjson')).mode & 0o777).toBe(0o600);
    expect(existsSync(join(home, 'trail.ndjson.part'))).toBe(false);
    expect(api.to('GET /audit/export')[0]!.query.get('after')).toBe('7');
    expect(await run(['audit', 'export', 'trail.ndjson'])).toMatchObject({ code: 1, stderr: expect.stringContaining('CLI_FILE_EXISTS') });
    expect((await run(['audit', 'export'])).stdout).toBe(text(lines));
    expect(await run(['audit', 'export', '--all', '--after', '1'])).toMatchObject({ code: 2 });
  });

  it('is verified offline: 0 when whole, 3 when not, with the place', async () => {
    file('whole.ndjson', text(lines));
    const whole = await offline(['whole.ndjson', '--key', 'key.pem']);
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining('WHOLE: 5 entries') });
    expect(whole.stdout).toContain('--checkpoint');
    expect(await offline(['-', '--key', 'key.pem'], text(lines))).toMatchObject({ code: 0 });
    const changed = lines.with(2, lines[2]!.replace('"size":1', '"size":2'));
    expect(await offline(['-', '--key', 'key.pem'], text(changed))).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('line 3 ws_1 #2: the entry was changed'),
    });
    const json = await offline(['-', '--key', 'key.pem', '-o', 'json'], text(lines.slice(0, -1)));
    expect(JSON.parse(json.stdout)).toMatchObject({ whole: false, differences: [{ kind: 'unclosed' }] });
    expect(json.code).toBe(3);
  });

  it('is held against what was kept', async () => {
    file('kept.ndjson', text(lines));
    file('shorter.ndjson', text(exportOf(sealed.slice(0, 3))));
    const verify = (name: string) => offline([name, '--key', 'key.pem', '--checkpoint', 'kept.ndjson']);
    expect(await verify('shorter.ndjson')).toMatchObject({ code: 3, stdout: expect.stringContaining('ws_1 #5: a signed statement') });
    const good = await verify('kept.ndjson');
    expect(good.code).toBe(0);
    expect(good.stdout).not.toContain('Mind');
    expect(await offline(['kept.ndjson', '--key', 'key.pem', '--checkpoint', 'key.pem'])).toMatchObject({ code: 2 });
    file('other.pem', createReportKey().publicKeyPem);
    expect(await offline(['kept.ndjson', '--key', 'other.pem'])).toMatchObject({ code: 3 });
    expect(await offline(['kept.ndjson', '--key', 'other.pem', '--checkpoint', 'kept.ndjson'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('PROOF_AUDIT_UNTRUSTED'),
    });
    expect(await offline(['kept.ndjson'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--key') });
    expect(await offline(['nothing.ndjson', '--key', 'key.pem'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nothing.ndjson'),
    });
  });

  it('of the whole platform is verified over the API', async () => {
    const { code, stdout } = await run(['admin', 'audit', 'verify', '--key', 'key.pem'], { SMARTANT_LANG: 'zh' });
    expect(code).toBe(3);
    expect(stdout).toContain('缺少条目');
  });
});
