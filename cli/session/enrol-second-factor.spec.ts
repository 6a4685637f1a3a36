import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { CliContext } from '../context';
import { login } from '../commands/identity';
import { Invocation } from '../invocation';
import { en } from '../messages/en';
import { Terminal } from '../output/terminal';
import { buildSmartant, runSmartant } from '../testing/run-smartant';
import { problem, ScriptedApi, type Script } from '../testing/scripted-api';

const REQUIRED = { status: 403, body: problem(403, 'SECOND_FACTOR_ENROLMENT_REQUIRED', 'A second factor is compulsory here.') };
const signedIn = { accessToken: 'token-2', expiresInSeconds: 600, sessionId: 'ses_1', refreshToken: 'srt_1' };
const script: Script = {
  'POST /v1/auth/token': () => REQUIRED,
  'POST /v1/auth/second-factor/enrolment': () => ({ body: { uri: 'otpauth://shown', secret: 'KEYSHOWN' } }),
  'POST /v1/auth/second-factor/enrolment/confirm': () => ({ body: { ...signedIn, recoveryCodes: ['one-code', 'two-code'] } }),
  'POST /v1/invitations/accept': () => REQUIRED,
  'GET /v1/auth/me': () => ({ body: { userId: 'usr_1', username: 'ann', workspaceId: 'ws', workspace: 'default', role: 'owner' } }),
  'GET /v1/report-keys': () => ({ body: { keys: [] } }),
};
const CONFIRM = 'POST /v1/auth/second-factor/enrolment/confirm';

let home: string;
let api: ScriptedApi;
beforeAll(buildSmartant);
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'smartant-cli-'));
  api = await ScriptedApi.start(script);
});
afterEach(async () => {
  await api.close();
  rmSync(home, { recursive: true });
});

const saved = () => readFileSync(join(home, '.config/smartant/credentials.json'), 'utf8');

it('enrols somebody at a terminal who may not sign in without, and signs in with the first code', async () => {
  const screen = () => Object.assign(new PassThrough(), { isTTY: true });
  const [stdin, stdout, stderr] = [screen(), screen(), screen()] as const;
  const shown = { stdout: '', stderr: '' };
  stdout.on('data', (chunk: Buffer) => (shown.stdout += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => {
    shown.stderr += chunk.toString();
    if (chunk.toString().includes(en.askPassword('ann'))) stdin.write('secret\r');
    if (chunk.toString().includes(en.askCode)) stdin.write('123456\n');
  });
  const context: CliContext = {
    env: {},
    cwd: home,
    homeDir: home,
    terminal: new Terminal(stdin, stdout, stderr, { TERM: 'dumb' }),
    messages: en,
    fetch,
    signal: new AbortController().signal,
  };
  await login(new Invocation(context, { output: 'table' }), api.url, { username: 'ann' });
  expect(shown.stderr).toContain(en.secondFactorCompulsory);
  for (const text of ['otpauth://shown', 'KEYSHOWN', 'one-code', 'two-code']) expect(shown.stdout).toContain(text);
  expect(api.to(CONFIRM)).toMatchObject([{ body: { username: 'ann', password: 'secret', code: '123456' } }]);
  expect(JSON.parse(saved())).toMatchObject({ session: { id: 'ses_1', refreshToken: 'srt_1' } });
  expect(saved()).not.toContain('secret');
});

describe('without a terminal', () => {
  const run = (input: string, ...more: string[]) =>
    runSmartant(['login', api.url, '--username', 'ann', '--password-stdin', ...more], { cwd: home, input });

  it('enrols nothing unasked: a secret does not belong into a log', async () => {
    const refused = await run('secret\n');
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('SECOND_FACTOR_ENROLMENT_REQUIRED') });
    expect(api.to('POST /v1/auth/second-factor/enrolment')).toEqual([]);
  });

  it('enrols in two steps when told to', async () => {
    const begun = await run('secret\n', '--enrol-second-factor');
    expect(begun).toMatchObject({ code: 1, stdout: expect.stringContaining('KEYSHOWN') });
    expect(begun.stderr).toContain('CLI_SECOND_FACTOR_BEGUN');
    const done = await run('secret\n123456\n', '--enrol-second-factor', '--workspace', 'photos');
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('two-code') });
    expect(api.to(CONFIRM)).toMatchObject([{ body: { username: 'ann', password: 'secret', code: '123456', workspace: 'photos' } }]);
    expect(JSON.parse(saved())).toMatchObject({ session: { refreshToken: 'srt_1' } });
  });

  it('says how to go on when the session of an invitation, or one that is renewed, is refused for it', async () => {
    const accepted = await runSmartant(['invitation', 'accept', api.url, '--username', 'ann', '--stdin'], {
      cwd: home,
      input: 'sin_x\nsecret\n',
    });
    expect(accepted).toMatchObject({ code: 1, stderr: expect.stringContaining('SECOND_FACTOR_ENROLMENT_REQUIRED') });
    await run('secret\n123456\n', '--enrol-second-factor');
    const stale = JSON.parse(saved()) as { session: { accessTokenUntil: string } };
    stale.session.accessTokenUntil = '2020-01-01T00:00:00Z';

    await api.close();
    api = await ScriptedApi.start({ ...script, 'POST /v1/auth/refresh': () => REQUIRED });
    writeFileSync(join(home, '.config/smartant/credentials.json'), JSON.stringify({ ...stale, url: api.url }));
    const renewed = await runSmartant(['whoami'], { cwd: home });
    expect(renewed).toMatchObject({ code: 4, stderr: expect.stringMatching(/SECOND_FACTOR_ENROLMENT_REQUIRED[\s\S]*smartant login/) });
  });
});
