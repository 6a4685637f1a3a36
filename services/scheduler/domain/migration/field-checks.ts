import type { FieldError } from '@smartant/kernel';

export interface FieldChecks {
  /** Empty: it holds. */
  check(holds: boolean, field: string, message: string): FieldError[];
  problem(field: string, message: string): FieldError;
}

/** What is wrong with fields of a part of a spec; `at`: the part's own path, as "spec.database". */
export function fieldChecks(at: string): FieldChecks {
  const problem = (field: string, message: string) => ({ field: `${at}.${field}`, message });
  return { problem, check: (holds, field, message) => (holds ? [] : [problem(field, message)]) };
}

/** Where a value stands that stood before. */
export function repeated(values: string[]): number[] {
  return values.flatMap((value, index) => (values.indexOf(value) < index ? [index] : []));
}

export function isCount(value: number, atMost = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= atMost;
}
