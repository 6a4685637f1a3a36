import { formatsOf } from './format';

const en = formatsOf('en');
const zh = formatsOf('zh-CN');

it.each([
  [0, '0 B'],
  [1_023, '1,023 B'],
  [1_024, '1 KiB'],
  [1_536, '1.5 KiB'],
  [5 * 1024 ** 4, '5 TiB'],
  [2 ** 70, '1,024 EiB'],
])('writes %d bytes in binary units', (count, text) => expect(en.bytes(count)).toBe(text));

it('tells times from now by their largest unit, in either direction', () => {
  const nowMs = Date.UTC(2026, 0, 10);
  expect(en.relative(nowMs - 3 * 60_000, nowMs)).toBe('3 minutes ago');
  expect(en.relative(nowMs + 49 * 3_600_000, nowMs)).toBe('in 2 days');
  expect(en.relative(nowMs, nowMs)).toBe('now');
  expect(zh.relative(nowMs - 3 * 60_000, nowMs)).toBe('3分钟前');
});

it('never says 100 % before all is there', () => {
  expect(en.percent(0.9999)).toBe('99%');
  expect(en.percent(1)).toBe('100%');
  expect(en.percent(1.2)).toBe('100%');
});

it('tells durations by their two largest units', () => {
  expect(en.duration(93_784)).toBe('1 day 2 hr');
  expect(en.duration(61)).toBe('1 min 1 sec');
  expect(en.duration(3_600)).toBe('1 hr');
  expect(en.duration(0)).toBe('0 sec');
});
