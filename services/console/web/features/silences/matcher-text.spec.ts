import { readMatcher, writeMatcher } from './matcher-text';

it.each([
  ['severity="critical"', { label: 'severity', operator: '=', value: 'critical' }],
  ['host !~ "db-.*"', { label: 'host', operator: '!~', value: 'db-.*' }],
  ['team=~a|b', { label: 'team', operator: '=~', value: 'a|b' }],
  ['a!="x=\\"y\\""', { label: 'a', operator: '!=', value: 'x=\\"y\\"' }],
  ['kubernetes.io/name=', { label: 'kubernetes.io/name', operator: '=', value: '' }],
])('reads %s', (text, matcher) => expect(readMatcher(text)).toEqual(matcher));

it('writes what it reads as the same', () => {
  for (const text of ['severity="critical"', 'a=~"b"c"', 'x!=""']) expect(writeMatcher(readMatcher(text))).toBe(text);
});

it('keeps what is none', () => expect(readMatcher('nonsense')).toEqual({ label: 'nonsense', operator: '=', value: '' }));
