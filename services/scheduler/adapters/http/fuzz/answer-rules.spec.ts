import { answerProblem, refusalProblem, type SeenAnswer } from './fixtures/answer-rules';
import { operations } from './fixtures/api-description';

const showVersion = operations.find(({ operationId }) => operationId === 'getVersion')!;
const version = { version: '0.1.0', apiVersion: 'v1', mode: 'embedded' };
const problem = {
  type: 'urn:smartant:error:ROUTE_NOT_FOUND',
  title: 'Not found',
  status: 404,
  detail: 'There is nothing at this address.',
  code: 'ROUTE_NOT_FOUND',
  docs: 'docs/errors#ROUTE_NOT_FOUND',
  retryable: false,
  traceId: '0'.repeat(32),
};
const answer = (body: object | string, over: Partial<SeenAnswer> = {}): SeenAnswer => ({
  status: 200,
  contentType: 'application/json; charset=utf-8',
  text: typeof body === 'string' ? body : JSON.stringify(body),
  ...over,
});
const refusal = (over: object = {}, seen: Partial<SeenAnswer> = {}) =>
  answer({ ...problem, ...over }, { status: 404, contentType: 'application/problem+json', ...seen });

it('accepts what is described', () => {
  expect(answerProblem(showVersion, answer(version))).toBeNull();
  expect(answerProblem(showVersion, refusal())).toBeNull();
});

it.each<[string, SeenAnswer, RegExp]>([
  ['a failure of ours', answer(version, { status: 500 }), /500/],
  ['a status that is not declared', answer(version, { status: 202 }), /202/],
  ['a missing field', answer({ ...version, mode: undefined }), /mode/],
  ['another value', answer({ ...version, apiVersion: 'v2' }), /apiVersion/],
  ['another media type', answer(version, { contentType: 'text/html' }), /text\/html/],
  ['what is not JSON', answer('<p>'), /not JSON/],
  ['a refusal that is no problem document', answer('no', { status: 404, contentType: 'text/plain' }), /text\/plain/],
])('finds %s', (_name, seen, finding) => {
  expect(answerProblem(showVersion, seen)).toMatch(finding);
});

it.each<[string, SeenAnswer, RegExp]>([
  ['a code that is not documented', refusal({ code: 'OH_NO', type: 'urn:smartant:error:OH_NO' }), /not documented/],
  ['another status in the body', refusal({ status: 400 }), /400/],
  ['another type', refusal({ type: 'about:blank' }), /about:blank/],
  ['a line of our code', refusal({ detail: 'at Object.find (services/scheduler/x.ts:12)' }), /our code/],
  ['a statement', refusal({ detail: 'SELECT id FROM migration' }), /our code/],
])('finds a problem with %s', (_name, seen, finding) => {
  expect(refusalProblem(seen)).toMatch(finding);
});
