import type { Schema } from '@smartant/contracts/openapi';

export type Problem = Schema<'Problem'>;

/** An answer of the API that says what is wrong (RFC 9457), or that none came. */
export class ApiProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = 'ApiProblem';
  }
}

/** For what has no problem of the API: the network is gone, or something that is no API has answered. */
export function unreachable(status = 0): ApiProblem {
  return new ApiProblem({
    type: 'about:blank',
    title: '',
    status,
    detail: '',
    code: 'CONSOLE_API_UNREACHABLE',
    docs: '',
    retryable: true,
    traceId: '',
  });
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'traceId' in value;
}

export function toProblem(error: unknown): Problem {
  if (error instanceof ApiProblem) return error.problem;
  if (error instanceof TypeError && error.message.toLowerCase().includes('fetch')) return unreachable().problem;
  return {
    ...unreachable().problem,
    code: 'CONSOLE_FAILED',
    detail: error instanceof Error ? error.message : String(error),
    retryable: false,
  };
}
