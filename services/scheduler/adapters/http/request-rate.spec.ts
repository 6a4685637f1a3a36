import { createLogger } from '@smartant/platform/logging';
import { Rig } from '../../fixtures/scheduler-under-test';
import { createIdentity } from '../postgres/identity';
import { addUser, serveApi, type Answer, type ServedApi } from './fixtures/running-api';

/** The real use cases and database behind the limit, and callers who all ask at the same time. */
const RATE = { requests: 60, windowSeconds: 5 };
const FLOOD = 400;
const OTHERS = 10;
const ASKED_BY_EACH = 20;

let rig: Rig;
let api: ServedApi;
let tokenOf: (userId: string) => Promise<string>;

beforeAll(async () => {
  rig = await Rig.open();
  const core = await rig.started();
  const identity = await createIdentity({
    database: core.database,
    vault: rig.vault,
    apiKeyPepper: 'pepper',
    adminPassword: 'correct horse',
  });
  const logger = createLogger({ service: 'rate', level: 'warn', output: { write: (line: string) => void rig.logLines.push(line) } });
  api = await serveApi({ useCases: core.useCases, identity, logger, requestRate: RATE });
  const workspaceId = (await core.useCases.workspaces.resolve('default')).id;
  tokenOf = async (userId) => {
    await addUser(core.database, userId);
    return identity.tokens.issue({ userId, username: userId, workspaceId, workspaceName: 'default', role: 'operator', credential: null });
  };
});
afterAll(async () => {
  await api.app.close();
  await rig.close();
});

const ask = (token?: string) => api.call('GET', '/v1/auth/me', token === undefined ? {} : { token });
const count = (answers: Answer[], status: number) => answers.filter((answer) => answer.status === status).length;

/** One after the other, as an honest client asks. */
async function askInTurn(token: string): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let n = 0; n < ASKED_BY_EACH; n += 1) answers.push(await ask(token));
  return answers;
}

it('stops the caller who floods, says when to come back, and harms nobody else', async () => {
  const noisy = await tokenOf('noisy');
  const startedMs = performance.now();
  const flood = Promise.all(Array.from({ length: FLOOD }, () => ask(noisy)));
  const tokens = await Promise.all(Array.from({ length: OTHERS }, (_, n) => tokenOf(`quiet-${n}`)));
  const others = (await Promise.all(tokens.map(askInTurn))).flat();
  expect(others.map(({ status }) => status)).toEqual(Array.from({ length: OTHERS * ASKED_BY_EACH }, () => 200));

  const answers = await flood;
  const windows = Math.ceil((performance.now() - startedMs) / 1_000 / RATE.windowSeconds);
  const refused = answers.filter(({ json }) => json?.code === 'REQUEST_RATE_LIMITED');
  expect(count(answers, 200)).toBeGreaterThan(0);
  expect(count(answers, 200)).toBeLessThanOrEqual(windows * RATE.requests);
  expect(refused.length).toBeGreaterThanOrEqual(FLOOD - windows * RATE.requests);
  for (const { status, headers, json } of refused) {
    expect(status).toBe(429);
    const seconds = Number(headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(RATE.windowSeconds);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('ratelimit-policy')).toBe('"caller";q=60;w=5');
    expect(headers.get('ratelimit')).toMatch(/^"caller";r=0;t=[1-5]$/);
    expect(json).toMatchObject({ retryable: true, retryAfterMs: expect.any(Number), hint: expect.any(String) });
  }
  const lines = rig.logLines.filter((line) => line.includes('sends too many requests') && line.includes('/noisy'));
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThanOrEqual(windows);
}, 60_000);

it('takes the caller back when its time is over', async () => {
  const token = await tokenOf('hasty');
  await Promise.all(Array.from({ length: RATE.requests + 1 }, () => ask(token)));
  let answer = await ask(token);
  while (answer.status === 429) answer = await ask(token);
  expect(answer.status).toBe(200);
}, 60_000);

it('counts down in every answer', async () => {
  const token = await tokenOf('patient');
  const left = async () => Number(/r=(\d+)/.exec((await ask(token)).headers.get('ratelimit') ?? '')?.[1]);
  expect([await left(), await left(), await left()]).toEqual([59, 58, 57]);
});

it('counts those without a token by their address, and apart from those with one', async () => {
  const answers = await Promise.all(Array.from({ length: RATE.requests + 20 }, () => ask()));
  expect(count(answers, 401)).toBeLessThanOrEqual(RATE.requests);
  expect(count(answers, 429)).toBeGreaterThanOrEqual(20);
  expect((await ask(await tokenOf('known'))).status).toBe(200);
}, 60_000);
