import { messageAt } from './field-problems';

const MESSAGES = [
  { field: 'location.bucket', message: 'is missing' },
  { field: 'spec.storage.include.1', message: 'is too long' },
  { field: 'spec.limits.calendar.windows.0.from', message: 'has a wrong form' },
];

it.each([
  ['location.bucket', 'is missing'],
  ['spec.storage.include', '#2: is too long'],
  ['spec.limits.calendar.windows', '#1 from: has a wrong form'],
  ['location.buck', undefined],
  ['spec.storage.exclude', undefined],
])('finds what is said of %s', (path, message) => expect(messageAt(MESSAGES, path)).toBe(message));
