import { startMarker } from './command-line';
import { StartWatch } from './start-watch';

const NONCE = 'smartant-nonce';
const begun = () => {
  const groups: number[] = [];
  const watch = new StartWatch(NONCE, { asked: () => undefined, started: (group) => void groups.push(group) });
  watch.feed(Buffer.from(`a banner\n${startMarker(NONCE)}4`));
  expect(groups).toEqual([]);
  watch.feed(Buffer.from('2\ntar: fir'));
  expect(groups).toEqual([42]);
  return watch;
};

describe('StartWatch', () => {
  it('keeps a line for each of many files, and nothing of what came before the command', () => {
    const watch = begun();
    watch.feed(Buffer.from('st\n'));
    const lines = Array.from({ length: 24_000 }, (_, index) => `tar: ./a/directory/that/was/removed/meanwhile/file-${index}: Cannot stat`);
    for (let at = 0; at < lines.length; at += 100) watch.feed(Buffer.from(`${lines.slice(at, at + 100).join('\n')}\n`));
    expect(watch.text().split('\n')).toEqual(['tar: first', ...lines, '']);
    expect(watch.isCut).toBe(false);
  });

  it('keeps the end in whole lines of what is more', () => {
    const watch = begun();
    const line = `${'x'.repeat(999)}\n`;
    for (let index = 0; index < 18_000; index += 1) {
      watch.feed(Buffer.from(line.slice(0, 500)));
      watch.feed(Buffer.from(line.slice(500)));
    }
    const lines = watch.text().split('\n');
    expect(lines.pop()).toBe('');
    expect(new Set(lines)).toEqual(new Set([line.trim()]));
    expect(lines.length).toBeGreaterThan(16_500);
    expect(lines.length).toBeLessThan(17_000);
    expect(watch.isCut).toBe(true);
  });
});
