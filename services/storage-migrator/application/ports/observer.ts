import type { Observer as AnyObserver } from '@smartant/runs';

/** With what only copies of objects tell. */
export interface Observer extends AnyObserver {
  transferred(bytes: number, stage: string): void;
  objects(outcome: string, count: number): void;
  retried(code: string): void;
}
