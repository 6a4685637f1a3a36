import { formatLsn, parseLsn } from './lsn';

it.each(['0/0', '16/B374D848', 'FFFFFFFF/FFFFFFFF'])('reads and writes the position %s', (text) =>
  expect(formatLsn(parseLsn(text))).toBe(text),
);
it.each(['', '0', '0/', '/0', 'x/0', '0/123456789', '-1/0'])('refuses the position "%s"', (text) =>
  expect(() => parseLsn(text)).toThrow(RangeError),
);
