import { rootCertificates } from 'node:tls';
import { createLogger } from '@smartant/platform/logging';
import fc from 'fast-check';
import { Rig } from '../../../fixtures/scheduler-under-test';
import { createIdentity } from '../../postgres/identity';
import { serveApi, type ServedApi } from '../fixtures/running-api';
import { answerProblem, refusalProblem, type SeenAnswer } from './fixtures/answer-rules';
import { operations, type Operation } from './fixtures/api-description';
import { requestsFor, type MadeRequest } from './fixtures/made-request';
import { SAMPLE_BODIES, withEachText } from './fixtures/sample-bodies';
import { NASTY_TEXTS, nastyText } from './fixtures/wild-values';

/** A short form with a fixed seed in `npm test`; `npm run test:fuzz` asks for more, with another seed each time. */
const RUNS = Number(process.env['SMARTANT_FUZZ_RUNS'] || 40);
const SEED = Number(process.env['SMARTANT_FUZZ_SEED'] || 20_260_101);
const settings = { numRuns: RUNS, seed: SEED };

const WORKSPACE = '/v1/workspaces/default';
let rig: Rig;
let api: ServedApi;
let token: string;
let signIn: () => Promise<string>;
const known = {
  path: {
    ws: ['default'],
    idOrName: ['photos', 'cloud', 'spare', 'nobody'],
    name: ['data', 'spare'],
    id: [] as string[],
  },
  input: {
    endpoint: ['photos', 'cloud', 'nobody'],
    root: ['data'],
    path: ['/srv/data', 'a/b'],
    serviceUrl: ['', 'http://127.0.0.1:9000', 'https://s3.example.com'],
    region: ['us-east-1'],
    bucket: ['photos', 'Old_Photos.2'],
    tlsCaPem: [rootCertificates[0] ?? ''],
    include: ['**', 'a/*.txt'],
    exclude: ['*.tmp'],
    timeZone: ['Asia/Shanghai', 'UTC'],
    username: ['admin'],
    topic: ['smartant.runs.v1'],
    group: ['scheduler'],
    pageToken: [Buffer.from(`ep_${'0'.repeat(32)}`).toString('base64url')],
  },
};

beforeAll(async () => {
  console.log(`fuzzing with SMARTANT_FUZZ_SEED=${SEED} SMARTANT_FUZZ_RUNS=${RUNS}`);
  rig = await Rig.open();
  const core = await rig.started();
  const identity = await createIdentity({
    database: core.database,
    vault: rig.vault,
    apiKeyPepper: 'pepper',
    adminPassword: 'correct horse',
  });
  const logger = createLogger({ service: 'fuzz', level: 'info', output: { write: (line: string) => void rig.logLines.push(line) } });
  // One caller that sends more in a second than any honest one.
  const requestRate = { requests: 10_000_000, windowSeconds: 10 };
  api = await serveApi({ useCases: core.useCases, identity, logger, requestRate });
  const { subject } = await identity.signIn.withPassword({ username: 'admin', password: 'correct horse', address: '' });
  const { secret } = await identity.apiKeys.create(subject, { name: 'fuzz' });
  // Anew for each operation: requests may end the session, and take the keys that tokens are signed with away.
  signIn = async () => (await identity.signIn.withApiKey(secret)).accessToken;
});
afterAll(async () => {
  await api.app.close();
  await rig.close();
});

/** What earlier requests may have removed. */
beforeEach(async () => {
  token = await signIn();
  const ask = (path: string, body: object) => api.call('POST', path, { token, body });
  for (const name of ['data', 'spare']) await ask('/v1/file-roots', { name, path: `/srv/${name}` });
  for (const name of ['photos', 'cloud', 'spare']) {
    const secret = { kind: 's3', accessKeyId: 'a', secretAccessKey: 'b' };
    await ask(`${WORKSPACE}/endpoints`, { name, location: { kind: 's3', serviceUrl: 'http://127.0.0.1:9000', bucket: name }, secret });
  }
  const migration = { source: { endpoint: 'photos' }, target: { endpoint: 'cloud' }, spec: { kind: 'storage' } };
  const made = await ask(`${WORKSPACE}/migrations`, migration);
  known.path.id = [made.json.id, `mig_${'0'.repeat(32)}`];
});

/** A stream is left after its head: whether it ends is no question of this test. */
async function send({ method, path, headers, body }: MadeRequest): Promise<SeenAnswer> {
  const leave = new AbortController();
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    body,
    signal: leave.signal,
  });
  const contentType = response.headers.get('content-type') ?? '';
  const text = contentType.startsWith('text/event-stream') ? '' : await response.text();
  leave.abort();
  return { status: response.status, contentType, text };
}

async function hold(operation: Operation, request: MadeRequest): Promise<void> {
  const answer = await send(request);
  const problem = answerProblem(operation, answer);
  if (problem === null) return;
  const traceId = /"traceId":"(\w+)"/.exec(answer.text)?.[1] ?? 'none';
  const logged = rig.logLines.filter((line) => line.includes(traceId)).join('');
  throw new Error(`${problem}\n${answer.status} ${answer.text.slice(0, 1_000)}\n${logged.slice(0, 2_000)}`);
}

it.each(operations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
  '%s answers by its description, whatever it is sent',
  async (_name, operation) => {
    const property = fc.asyncProperty(requestsFor(operation, known), (request) => hold(operation, request));
    await fc.assert(property, settings);
  },
);

const withSample = operations.filter(({ operationId }) => SAMPLE_BODIES[operationId]);

it.each(withSample.map((operation) => [operation.operationId, operation] as const))(
  '%s bears every nasty text in every field that takes text',
  async (operationId, operation) => {
    const path = operation.path.replace('{ws}', 'default').replace('{id}', known.path.id[0] ?? '');
    for (const text of NASTY_TEXTS) {
      for (const { field, body } of withEachText(SAMPLE_BODIES[operationId] ?? {}, text)) {
        const headers = { 'content-type': 'application/json' };
        const request = { method: operation.method, path, headers, body: JSON.stringify(body) };
        await hold(operation, request).catch((error: unknown) => {
          throw new Error(`${field} = ${JSON.stringify(text.slice(0, 60))}: ${String(error)}`);
        });
      }
    }
  },
);

it('refuses what is at no address in the same form', async () => {
  const places = fc.array(
    nastyText.map((text) => encodeURIComponent(text.toWellFormed().slice(0, 500))),
    { maxLength: 5 },
  );
  const methods = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS');
  await fc.assert(
    fc.asyncProperty(methods, places, async (method, segments) => {
      const answer = await send({ method, path: `/v2/${segments.join('/')}`, headers: {}, body: undefined });
      expect(refusalProblem(answer)).toBeNull();
      expect([400, 404, 405]).toContain(answer.status);
    }),
    settings,
  );
});

it('has got past the checks of most operations: else it would have tried nothing but those', async () => {
  const served = rig.logLines
    .filter((line) => line.includes('request served'))
    .map((line) => JSON.parse(line) as { method: string; status: number });
  const done = served.filter(({ status }) => status < 300);
  expect(done.length).toBeGreaterThan(served.length / 6);
});

it('left nothing behind at which the driver fails for a reason of ours', () => {
  const failed = rig.logLines.filter((line) => /"level":"(error|fatal)"/.test(line));
  expect(failed).toEqual([]);
});
