import { StreamFlow } from './stream-flow';

const MIB = 1024 * 1024;

describe('the flow of a stream', () => {
  const begin = () => {
    const clock = { now: 0 };
    const flow = new StreamFlow(() => clock.now);
    const wrote = (at: number, text: string) => {
      clock.now = at;
      flow.said(Buffer.from(text));
    };
    return { flow, wrote };
  };

  it('is told by the ranges that were written after the first, however their lines come', () => {
    const { flow, wrote } = begin();
    expect(flow.millisecondsFor(MIB)).toBeNull();
    wrote(5_000, `${8 * MIB}\n`);
    expect(flow.millisecondsFor(MIB)).toBeNull();
    wrote(5_100, `${8 * MIB}\n${4 * MIB}`);
    wrote(5_400, '\n');
    expect(flow.millisecondsFor(24 * MIB)).toBe(800);
  });

  it('knows nothing of what was waited for', () => {
    const { flow, wrote } = begin();
    flow.waited(10_000);
    wrote(1_000, '1000\n');
    flow.waited(300);
    wrote(1_400, '1000\n');
    expect(flow.millisecondsFor(1_000)).toBe(100);
  });
});
