import { Throttle } from './throttle';

const never = new AbortController().signal;

describe('Throttle', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const countTaken = (throttle: Throttle, times: number, bytes: number): { taken: number } => {
    const count = { taken: 0 };
    for (let i = 0; i < times; i += 1) void throttle.take({ bytes, requests: 1 }, never).then(() => (count.taken += 1));
    return count;
  };

  it('lets everything through when there is no limit', async () => {
    const throttle = new Throttle({ bytesPerSecond: 0, requestsPerSecond: 0 });
    const count = countTaken(throttle, 1_000, 1 << 30);
    await jest.advanceTimersByTimeAsync(0);
    expect(count.taken).toBe(1_000);
  });

  it('holds an average of bytes although single demands are larger than a second', async () => {
    const throttle = new Throttle({ bytesPerSecond: 1_000, requestsPerSecond: 0 });
    const count = countTaken(throttle, 100, 5_000);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(count.taken).toBeGreaterThanOrEqual(12);
    expect(count.taken).toBeLessThanOrEqual(14);
  });

  it('holds an average of requests', async () => {
    const throttle = new Throttle({ bytesPerSecond: 0, requestsPerSecond: 20 });
    const count = countTaken(throttle, 1_000, 0);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(count.taken).toBeGreaterThanOrEqual(195);
    expect(count.taken).toBeLessThanOrEqual(215);
  });

  it('obeys a change while demands wait', async () => {
    const throttle = new Throttle({ bytesPerSecond: 1, requestsPerSecond: 0 });
    const count = countTaken(throttle, 10, 1_000_000);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(count.taken).toBe(1);
    throttle.setRates({ bytesPerSecond: 0, requestsPerSecond: 0 });
    await jest.advanceTimersByTimeAsync(0);
    expect(count.taken).toBe(10);
  });

  it('lets an aborted demand go without charging it', async () => {
    const throttle = new Throttle({ bytesPerSecond: 100, requestsPerSecond: 0 });
    await throttle.take({ bytes: 200, requests: 1 }, never);
    const abort = new AbortController();
    const refused = expect(throttle.take({ bytes: 1_000_000, requests: 1 }, abort.signal)).rejects.toThrow('enough');
    const next = countTaken(throttle, 1, 1);
    abort.abort(new Error('enough'));
    await refused;
    await jest.advanceTimersByTimeAsync(2_500);
    expect(next.taken).toBe(1);
  });
});
