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

  it('make a second factor compulsory only when told to, and reset one only up to a time', () => {
    expect(loadSchedulerConfig(env).SMARTANT_SECOND_FACTOR_REQUIRED).toBe(false);
    expect(loadSchedulerConfig({ ...env, SMARTANT_SECOND_FACTOR_REQUIRED: 'true' }).SMARTANT_SECOND_FACTOR_REQUIRED).toBe(true);
    expect(() => loadSchedulerConfig({ ...env, SMARTANT_SECOND_FACTOR_REQUIRED: 'yes' })).toThrow('SMARTANT_SECOND_FACTOR_REQUIRED');
    const reset = { ...env, SMARTANT_RESET_SECOND_FACTOR_OF: 'admin' };
    expect(() => loadSchedulerConfig(reset)).toThrow('SMARTANT_RESET_SECOND_FACTOR_BEFORE');
    expect(() => loadSchedulerConfig({ ...reset, SMARTANT_RESET_SECOND_FACTOR_BEFORE: 'today' })).toThrow('expected a time');
    const full = { ...reset, SMARTANT_RESET_SECOND_FACTOR_BEFORE: '2026-11-28T21:00:00Z' };
    expect(loadSchedulerConfig(full).SMARTANT_RESET_SECOND_FACTOR_OF).toBe('admin');
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

  it('takes the paces of the alert rules; only endpoints may be tried never', () => {
    const usual = { SMARTANT_ALERT_TICK_SECONDS: 15, SMARTANT_ENDPOINT_TRIAL_SECONDS: 300 };
    expect(loadSchedulerConfig(env)).toMatchObject(usual);
    expect(loadSchedulerConfig({ ...env, SMARTANT_ENDPOINT_TRIAL_SECONDS: '0' })).toMatchObject({ SMARTANT_ENDPOINT_TRIAL_SECONDS: 0 });
    expect(() => loadSchedulerConfig({ ...env, SMARTANT_ALERT_TICK_SECONDS: '0' })).toThrow(/SMARTANT_ALERT_TICK_SECONDS/);
  });

  it('keep the audit trail for ever, or for so many days', () => {
    expect(loadSchedulerConfig(env).SMARTANT_AUDIT_RETENTION_DAYS).toBeUndefined();
    expect(loadSchedulerConfig({ ...env, SMARTANT_AUDIT_RETENTION_DAYS: '400' }).SMARTANT_AUDIT_RETENTION_DAYS).toBe(400);
    for (const wrong of ['0', '1.5', 'ever']) {
      expect(() => loadSchedulerConfig({ ...env, SMARTANT_AUDIT_RETENTION_DAYS: wrong })).toThrow(/SMARTANT_AUDIT_RETENTION_DAYS/);
    }
  });

  it('need a master key, or a key management service with an address and one way to sign in', () => {
    const { SMARTANT_MASTER_KEY: _key, ...keyless } = env;
    expect(() => loadSchedulerConfig(keyless)).toThrow(/SMARTANT_MASTER_KEY: is not set/);
    const transit = {
      ...keyless,
      SMARTANT_KMS: 'transit',
      SMARTANT_TRANSIT_ADDRESS: 'https://vault:8200',
      SMARTANT_TRANSIT_TOKEN_FILE: '/t',
    };
    expect(loadSchedulerConfig(transit)).toMatchObject({ SMARTANT_TRANSIT_KEY: 'smartant', SMARTANT_TRANSIT_MOUNT: 'transit' });
    const wrong: [Record<string, string>, RegExp][] = [
      [{ SMARTANT_TRANSIT_ADDRESS: '' }, /SMARTANT_TRANSIT_ADDRESS: is not set/],
      [{ SMARTANT_TRANSIT_ADDRESS: 'http://vault:8200' }, /SMARTANT_TRANSIT_ADDRESS: is not https/],
      [{ SMARTANT_TRANSIT_KUBERNETES_ROLE: 'r' }, /SMARTANT_TRANSIT_TOKEN_FILE: is not set, nor/],
      [{ SMARTANT_TRANSIT_KEY: 'a.b' }, /SMARTANT_TRANSIT_KEY: expected letters/],
      [{ SMARTANT_MASTER_KEYS_EXTRA: 'CANARY' }, /SMARTANT_MASTER_KEYS_EXTRA: expected 32 bytes/],
    ];
    for (const [over, message] of wrong) expect(() => loadSchedulerConfig({ ...transit, ...over })).toThrow(message);
  });

  it('take the API over TLS whole or not at all', () => {
    const tls = { SMARTANT_HTTPS_PORT: '7443', SMARTANT_HTTP_TLS_CERT_FILE: '/tls/tls.crt', SMARTANT_HTTP_TLS_KEY_FILE: '/tls/tls.key' };
    expect(loadSchedulerConfig({ ...env, ...tls })).toMatchObject({ SMARTANT_HTTPS_PORT: 7443 });
    for (const name of Object.keys(tls))
      expect(() => loadSchedulerConfig({ ...env, ...tls, [name]: '' })).toThrow(new RegExp(`${name}: is not set`));
  });

  it('take origins as browsers send them', () => {
    const origins = (text: string) => loadSchedulerConfig({ ...env, SMARTANT_CORS_ORIGINS: text }).SMARTANT_CORS_ORIGINS;
    expect(origins('https://a.example, http://localhost:5173')).toEqual(['https://a.example', 'http://localhost:5173']);
    for (const wrong of ['*', 'https://a.example/', 'a.example', 'https://*.example', 'null'])
      expect(() => origins(wrong)).toThrow(/SMARTANT_CORS_ORIGINS/);
  });

  it('name a db-migrator or none', () => {
    expect(loadSchedulerConfig(env).SMARTANT_DB_MIGRATOR_ADDRESS).toBeUndefined();
    const address = 'db-migrator:7421';
    expect(loadSchedulerConfig({ ...env, SMARTANT_DB_MIGRATOR_ADDRESS: address }).SMARTANT_DB_MIGRATOR_ADDRESS).toBe(address);
    expect(() => loadSchedulerConfig({ ...env, SMARTANT_DB_MIGRATOR_ADDRESS: 'db-migrator' })).toThrow(/SMARTANT_DB_MIGRATOR_ADDRESS/);
  });
});
