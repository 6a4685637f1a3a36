// A service for run-service.spec.ts. Its one argument says how it behaves.
import { loadConfig, portSetting } from '@smartant/platform/config';
import { createLogger } from '@smartant/platform/logging';
import { z } from 'zod';
import { orExit, runService } from '../index';

const behaviour = process.argv[2];
const say = (text: string) => void process.stdout.write(`${text}\n`);

if (behaviour === 'bad-config') orExit('spec', () => loadConfig(z.object({ A_PORT: portSetting, B_PORT: portSetting }), { A_PORT: 'x' }));

const logger = createLogger({ service: 'spec', level: 'info', logsDir: process.env['SPEC_LOGS'], output: { write: () => undefined } });

void runService({
  name: 'spec',
  logger,
  shutdownLimitMs: behaviour === 'stuck-limited' ? 300 : 20_000,
  start: (onShutdown) => {
    onShutdown('first', () => say('closed first'));
    onShutdown('broken', () => {
      throw new Error('cannot close');
    });
    onShutdown('second', async () => {
      say('closing second');
      if (behaviour?.startsWith('stuck')) await new Promise(() => setInterval(() => undefined, 1_000));
    });
    if (behaviour === 'fails') throw Object.assign(new Error('no database at postgres://app:CANARY@db/x'));
    if (behaviour === 'crashes') setImmediate(() => Promise.reject(new Error('nobody catches me')));
    setInterval(() => undefined, 1_000);
    say('started');
  },
});
