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

  it('open no intake without a token', () => {
    expect(wrong({ SMARTANT_INTAKE_PORT: '7453' })).toEqual(['SMARTANT_INTAKE_TOKEN']);
    expect(wrong({ SMARTANT_INTAKE_TOKEN: 'a-token-of-the-intake' })).toEqual(['SMARTANT_INTAKE_PORT']);
    expect(wrong({ SMARTANT_INTAKE_PORT: '7453', SMARTANT_INTAKE_TOKEN: 'a-token-of-the-intake' })).toEqual([]);
  });
});
