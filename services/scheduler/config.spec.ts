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
});
