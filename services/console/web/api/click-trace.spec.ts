import createClient from 'openapi-fetch';
import { ClickTrace, type ReportedSpan } from './click-trace';

interface Operation {
  parameters: { path: { id: string } };
  responses: { 200: { content: { 'application/json': object } } };
}
interface Paths {
  '/things/{id}': { get: Operation; put: Operation };
}

function setUp(answer: () => Promise<Response> = () => Promise.resolve(Response.json({}))) {
  const reported: ReportedSpan[] = [];
  const sent: Request[] = [];
  const clock = { nowMs: 1_000 };
  const traces = new ClickTrace(
    (span) => reported.push(span),
    () => clock.nowMs,
  );
  const client = createClient<Paths>({
    baseUrl: 'http://console.test/',
    fetch: (request: Request) => {
      sent.push(request);
      clock.nowMs += 40;
      return answer();
    },
  });
  client.use(traces.middleware);
  const change = () => client.PUT('/things/{id}', { params: { path: { id: 'secret-name' } } });
  return { reported, sent, clock, traces, client, change };
}

it('sends the ids of the root with a change, and tells of it from the click to the answer', async () => {
  const { reported, sent, clock, traces, change } = setUp();
  traces.clicked();
  clock.nowMs += 100;
  await change();
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(sent[0]!.headers.get('traceparent') ?? '') ?? [];
  expect(reported).toEqual([{ traceId, spanId, name: 'PUT /things/{id}', startedAgoMs: 140, durationMs: 140, failed: false }]);
});

it('counts from the request when the last click is long ago', async () => {
  const { reported, clock, traces, change } = setUp();
  traces.clicked();
  clock.nowMs += 60_000;
  await change();
  expect(reported).toMatchObject([{ durationMs: 40 }]);
});

it('makes a trace for each change', async () => {
  const { reported, change } = setUp();
  await Promise.all([change(), change()]);
  expect(new Set(reported.map(({ traceId }) => traceId)).size).toBe(2);
});

it('leaves reading to the platform', async () => {
  const { reported, sent, client } = setUp();
  await client.GET('/things/{id}', { params: { path: { id: 'x' } } });
  expect([sent[0]!.headers.get('traceparent'), reported]).toEqual([null, []]);
});

it.each([
  ['refused', () => Promise.resolve(Response.json({}, { status: 409 }))],
  ['not answered', () => Promise.reject(new TypeError('no network'))],
])('says that a change was %s', async (_name, answer) => {
  const { reported, change } = setUp(answer);
  await change().catch(() => undefined);
  expect(reported).toMatchObject([{ failed: true }]);
});
