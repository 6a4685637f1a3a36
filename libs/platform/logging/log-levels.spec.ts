import { createLogger, logLevels } from './index';

const lines: string[] = [];
const output = { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) };
const logger = createLogger({ service: 'spec', level: 'info', output });
const driver = logger.child({ module: 'driver' });
const inner = driver.child({ part: 'inner' });

function written(): string[] {
  lines.length = 0;
  for (const [name, one] of Object.entries({ logger, driver, inner })) {
    one.debug(`${name} debug`);
    one.info(`${name} info`);
  }
  return [...lines];
}

const INFO = ['logger info', 'driver info', 'inner info'];
const hourFrom = (now = Date.now()) => now + 3_600_000;

beforeEach(() => jest.useFakeTimers());
afterEach(() => {
  logLevels.override([]);
  jest.useRealTimers();
});

it('logs as configured', () => expect(written()).toEqual(INFO));

it('changes one module with all that was made of it, and gives it back at its time', () => {
  logLevels.override([{ module: 'driver', level: 'debug', untilMs: hourFrom() }]);
  expect(written()).toEqual(['logger info', 'driver debug', 'driver info', 'inner debug', 'inner info']);
  jest.advanceTimersByTime(3_599_999);
  expect(written()).toContain('driver debug');
  jest.advanceTimersByTime(1);
  expect(written()).toEqual(INFO);
});

it('changes a whole service, in which a module can differ, also one that is made later', () => {
  logLevels.override([
    { module: null, level: 'error', untilMs: hourFrom() },
    { module: 'driver', level: 'debug', untilMs: hourFrom() },
  ]);
  expect(written()).toEqual(['driver debug', 'driver info', 'inner debug', 'inner info']);
  const later = logger.child({ module: 'later' });
  lines.length = 0;
  later.info('later info');
  expect(lines).toEqual([]);
  logLevels.override([]);
  later.info('later info');
  expect(lines).toEqual(['later info']);
});

it('passes over what has run out', () => {
  logLevels.override([{ module: null, level: 'debug', untilMs: Date.now() }]);
  expect(written()).toEqual(INFO);
});
