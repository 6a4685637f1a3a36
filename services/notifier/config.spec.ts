import { randomBytes } from 'node:crypto';
import { loadNotifierConfig } from './config';

const env = {
  SMARTANT_DATABASE_URL: 'postgres://notifier@db/smartant',
  SMARTANT_ADMIN_PORT: '7402',
  SMARTANT_GRPC_PORT: '7451',
  SMARTANT_GRPC_PLAINTEXT: 'true',
  SMARTANT_NOTIFIER_KEY: randomBytes(32).toString('base64'),
};
const wrong = (change: Record<string, string>): string[] => {
  try {
    loadNotifierConfig({ ...env, ...change });
    return [];
  } catch (error) {
    return (error as { fields: { field: string }[] }).fields.map(({ field }) => field).sort();
  }
};

describe('settings of the notifier', () => {
  it('need a key, and have a default for the rest', () => {
    expect(loadNotifierConfig(env)).toMatchObject({
      SMARTANT_NOTIFIER_SLOTS: 8,
      SMARTANT_NOTIFIER_RETRY_HOURS: 72,
      SMARTANT_INTAKE_PORT: undefined,
    });
    expect(wrong({ SMARTANT_NOTIFIER_KEY: 'short', SMARTANT_NOTIFIER_SLOTS: '0' })).toEqual([
      'SMARTANT_NOTIFIER_KEY',
      'SMARTANT_NOTIFIER_SLOTS',
    ]);
  });

  it('say after how long of silence of which source alerts are over', () => {
    const bounds = (text: string) => loadNotifierConfig({ ...env, SMARTANT_INTAKE_SILENCE_MINUTES: text }).SMARTANT_INTAKE_SILENCE_MINUTES;
    expect(bounds('')).toEqual({});
    expect(bounds('alertmanager=480, kubesphere=30')).toEqual({ alertmanager: 28_800_000, kubesphere: 1_800_000 });
    for (const text of ['scheduler=60', 'alertmanager', 'alertmanager=4', 'alertmanager=0', 'alertmanager=999999', 'alertmanager=1h'])
      expect(wrong({ SMARTANT_INTAKE_SILENCE_MINUTES: text })).toEqual(['SMARTANT_INTAKE_SILENCE_MINUTES']);
  });

  it('open no intake without a token', () => {
    expect(wrong({ SMARTANT_INTAKE_PORT: '7453' })).toEqual(['SMARTANT_INTAKE_TOKEN']);
    expect(wrong({ SMARTANT_INTAKE_TOKEN: 'a-token-of-the-intake' })).toEqual(['SMARTANT_INTAKE_PORT']);
    expect(wrong({ SMARTANT_INTAKE_PORT: '7453', SMARTANT_INTAKE_TOKEN: 'a-token-of-the-intake' })).toEqual([]);
  });
});
