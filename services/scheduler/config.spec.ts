import { randomBytes } from 'node:crypto';
import { loadSchedulerConfig } from './config';

const env = {
  SMARTANT_DATABASE_URL: 'postgres://scheduler@127.0.0.1:7432/smartant',
  SMARTANT_GRPC_PLAINTEXT: 'true',
  SMARTANT_ADMIN_PORT: '7402',
  SMARTANT_GRPC_PORT: '7401',
  SMARTANT_HTTP_PORT: '7400',
  SMARTANT_STORAGE_MIGRATOR_ADDRESS: '127.0.0.1:7411',
  SMARTANT_MASTER_KEY: randomBytes(32).toString('base64'),
  SMARTANT_API_KEY_PEPPER: 'a-pepper-of-some-length',
};

describe('the scheduler’s settings', () => {
  it('are read from the environment', () => {
    expect(loadSchedulerConfig(env)).toMatchObject({ SMARTANT_HTTP_PORT: 7400, SMARTANT_MODE: 'embedded', SMARTANT_BIND: '127.0.0.1' });
    expect(loadSchedulerConfig(env).SMARTANT_MASTER_KEY).toHaveLength(32);
  });

  it('are all named when wrong, without the wrong secret', () => {
    const wrong = {
      ...env,
      SMARTANT_MASTER_KEY: 'CANARY',
      SMARTANT_HTTP_PORT: '99999',
      SMARTANT_STORAGE_MIGRATOR_ADDRESS: '',
      SMARTANT_API_KEY_PEPPER: 'short',
    };
    let raised = new Error('nothing was raised');
    try {
      loadSchedulerConfig(wrong);
    } catch (error) {
      raised = error as Error;
    }
    expect(raised).toMatchObject({ code: 'CONFIG_INVALID' });
    const names = ['SMARTANT_MASTER_KEY', 'SMARTANT_HTTP_PORT', 'SMARTANT_STORAGE_MIGRATOR_ADDRESS', 'SMARTANT_API_KEY_PEPPER'];
    for (const name of names) expect(raised.message).toContain(name);
    expect(raised.message).not.toContain('CANARY');
  });

  it('have limits that are whole numbers, with defaults', () => {
    expect(loadSchedulerConfig(env)).toMatchObject({
      SMARTANT_MAX_LISTS: 4,
      SMARTANT_MAX_STREAMS: 1_000,
      SMARTANT_DATABASE_READ_CONNECTIONS: 6,
    });
    expect(loadSchedulerConfig({ ...env, SMARTANT_MAX_LISTS: '9' }).SMARTANT_MAX_LISTS).toBe(9);
    for (const wrong of ['0', '1.5', 'many', '-1']) {
      expect(() => loadSchedulerConfig({ ...env, SMARTANT_MAX_LISTS: wrong })).toThrow(/SMARTANT_MAX_LISTS/);
    }
  });

  it('keep the audit trail for ever, or for so many days', () => {
    expect(loadSchedulerConfig(env).SMARTANT_AUDIT_RETENTION_DAYS).toBeUndefined();
    expect(loadSchedulerConfig({ ...env, SMARTANT_AUDIT_RETENTION_DAYS: '400' }).SMARTANT_AUDIT_RETENTION_DAYS).toBe(400);
    for (const wrong of ['0', '1.5', 'ever']) {
      expect(() => loadSchedulerConfig({ ...env, SMARTANT_AUDIT_RETENTION_DAYS: wrong })).toThrow(/SMARTANT_AUDIT_RETENTION_DAYS/);
    }
  });
});
