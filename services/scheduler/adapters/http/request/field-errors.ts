import type { z } from 'zod';
import type { FieldError } from '@smartant/kernel';

type Issue = z.core.$ZodIssue;

/** More would only bury the first ones. */
const MOST_FIELDS = 100;

/** zod's findings as one message a field, with the dotted path of the field (`spec.storage.include.0`). The value itself is never repeated: it may be a secret. */
export function fieldErrors(issues: readonly Issue[], root = ''): FieldError[] {
  const byField = new Map<string, FieldError>();
  for (const error of issues.flatMap((issue) => ofIssue(issue, root))) {
    if (!byField.has(error.field)) byField.set(error.field, error);
  }
  return [...byField.values()].slice(0, MOST_FIELDS);
}

function ofIssue(issue: Issue, root: string): FieldError[] {
  const field = join(root, issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ field: join(field, [key]), message: 'is not a known field' }));
    case 'invalid_union':
      return ofUnion(issue, field);
    case 'invalid_type':
      return [{ field, message: ofType(issue) }];
    case 'invalid_value':
      return [{ field, message: `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}` }];
    case 'too_small':
      return [{ field, message: ofBound(issue.origin, 'at least', issue.minimum) }];
    case 'too_big':
      return [{ field, message: ofBound(issue.origin, 'at most', issue.maximum) }];
    case 'invalid_format':
      return [{ field, message: issue.message.startsWith('Invalid') ? 'has a wrong form' : issue.message }];
    default:
      return [{ field, message: issue.message }];
  }
}

/** The alternative that the caller most likely meant is the one with the least wrong. */
function ofUnion(issue: Extract<Issue, { code: 'invalid_union' }>, field: string): FieldError[] {
  // zod has put the discriminator into the path.
  if ('discriminator' in issue && typeof issue.discriminator === 'string') {
    const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
    const known = options.map((option) => JSON.stringify(option)).join(' or ');
    return [{ field, message: known === '' ? 'is missing or not a known kind' : `must be ${known}` }];
  }
  const alternatives = issue.errors.map((errors) => fieldErrors(errors, field)).sort((one, other) => one.length - other.length);
  return alternatives[0] ?? [{ field, message: 'fits none of the known forms' }];
}

function ofType(issue: Extract<Issue, { code: 'invalid_type' }>): string {
  const article = /^[aeiou]/.test(issue.expected) ? 'an' : 'a';
  const wanted = issue.expected === 'int' ? 'a whole number' : `${article} ${issue.expected}`;
  return issue.input === undefined && issue.message.endsWith('received undefined') ? 'is missing' : `must be ${wanted}`;
}

function ofBound(origin: string, which: string, bound: number | bigint): string {
  if (origin === 'string') return `must be ${which} ${bound} character${bound === 1 ? '' : 's'} long`;
  return origin === 'array' ? `must have ${which} ${bound} items` : `must be ${which} ${bound}`;
}

function join(root: string, path: readonly PropertyKey[]): string {
  return [...(root === '' ? [] : [root]), ...path.map(String)].join('.');
}
