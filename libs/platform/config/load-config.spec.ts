import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import { z } from 'zod';
import { loadConfig, portSetting, serviceSchema } from './index';

const complete = {
  SMARTANT_DATABASE_URL: 'postgres://user:pw@127.0.0.1:7432/smartant',
  SMARTANT_ADMIN_PORT: '7402',
  SMARTANT_GRPC_PORT: '7401',
  SMARTANT_TLS_CA_FILE: '/tls/ca.crt',
  SMARTANT_TLS_CERT_FILE: '/tls/scheduler.crt',
  SMARTANT_TLS_KEY_FILE: '/tls/scheduler.key',
};
const service = serviceSchema({ SMARTANT_HTTP_PORT: portSetting.default(7400) });

function failureOf(work: () => unknown): SmartantError {
  try {
    work();
  } catch (error) {
    return error as SmartantError;
  }
  throw new Error('expected a failure');
}

describe('loadConfig', () => {
  it('parses values, applies defaults and treats an empty variable as absent', () => {
    const config = loadConfig(service, { ...complete, SMARTANT_BIND: '', SMARTANT_EGRESS_DENY: '10.0.0.0/8, fd00::/8' });
    expect(config).toMatchObject({
      SMARTANT_ADMIN_PORT: 7402,
      SMARTANT_BIND: '127.0.0.1',
      SMARTANT_BUS: 'embedded',
      SMARTANT_EGRESS_DENY: ['10.0.0.0/8', 'fd00::/8'],
      SMARTANT_GRPC_PLAINTEXT: false,
    });
  });

  it('names every wrong value at once, with what was expected, and never repeats a value', () => {
    const error = failureOf(() =>
      loadConfig(service, {
        ...complete,
        SMARTANT_DATABASE_URL: 'canary-secret-7f',
        SMARTANT_ADMIN_PORT: '70000',
        SMARTANT_GRPC_PORT: undefined,
        SMARTANT_LOG_LEVEL: 'loud',
        SMARTANT_EGRESS_ALLOW: '10.0.0.0/8,nonsense',
        SMARTANT_BUS: 'kafka',
      }),
    );
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.fields.map((field) => field.field).sort()).toEqual([
      'SMARTANT_ADMIN_PORT',
      'SMARTANT_DATABASE_URL',
      'SMARTANT_EGRESS_ALLOW',
      'SMARTANT_GRPC_PORT',
      'SMARTANT_KAFKA_BROKERS',
      'SMARTANT_LOG_LEVEL',
    ]);
    expect(error.message).toContain('SMARTANT_ADMIN_PORT: expected a port number');
    expect(error.message).toContain('SMARTANT_GRPC_PORT: is not set');
    expect(error.message).toContain('"warn"');
    expect(error.message).not.toContain('canary-secret-7f');
  });

  it('refuses plaintext gRPC unless it is asked for, and a half-given TLS identity', () => {
    const plain = { ...complete, SMARTANT_TLS_CA_FILE: '', SMARTANT_TLS_CERT_FILE: '', SMARTANT_TLS_KEY_FILE: '' };
    expect(failureOf(() => loadConfig(service, plain)).fields).toHaveLength(3);
    expect(loadConfig(service, { ...plain, SMARTANT_GRPC_PLAINTEXT: 'true' }).SMARTANT_GRPC_PLAINTEXT).toBe(true);
    const half = { ...complete, SMARTANT_TLS_KEY_FILE: '', SMARTANT_GRPC_PLAINTEXT: 'true' };
    expect(failureOf(() => loadConfig(service, half)).fields.map((field) => field.field)).toEqual(['SMARTANT_TLS_KEY_FILE']);
  });
});

describe('the settings of Kafka', () => {
  const kafka = { ...complete, SMARTANT_BUS: 'kafka', SMARTANT_KAFKA_BROKERS: 'k1:9093,k2:9093' };
  const wrong = (settings: Record<string, string>) =>
    failureOf(() => loadConfig(service, { ...kafka, ...settings })).fields.map((field) => field.field);

  it('are whole or refused', () => {
    expect(wrong({ SMARTANT_KAFKA_SASL: 'scram-sha-512' })).toEqual(['SMARTANT_KAFKA_USERNAME', 'SMARTANT_KAFKA_PASSWORD']);
    expect(wrong({ SMARTANT_KAFKA_REPLICATION: '1', SMARTANT_KAFKA_MIN_INSYNC: '2' })).toEqual(['SMARTANT_KAFKA_MIN_INSYNC']);
  });

  it('never send a password in the clear', () => {
    const plain = { SMARTANT_KAFKA_SASL: 'plain', SMARTANT_KAFKA_USERNAME: 'u', SMARTANT_KAFKA_PASSWORD: 'canary-secret-7f' };
    expect(wrong(plain)).toEqual(['SMARTANT_KAFKA_TLS']);
    expect(loadConfig(service, { ...kafka, ...plain, SMARTANT_KAFKA_TLS: 'true' }).SMARTANT_KAFKA_SASL).toBe('plain');
  });
});

describe('NAME_FILE', () => {
  const schema = z.object({ SMARTANT_MASTER_KEY: z.string(), SMARTANT_HTTP_PORT: portSetting });
  const folder = mkdtempSync(join(tmpdir(), 'smartant-config-'));

  it('reads the value from the file, trimmed', () => {
    const path = join(folder, 'key');
    writeFileSync(path, 'sealed-value\n');
    expect(loadConfig(schema, { SMARTANT_MASTER_KEY_FILE: path, SMARTANT_HTTP_PORT: '80' }).SMARTANT_MASTER_KEY).toBe('sealed-value');
  });

  it('names an unreadable file together with the other wrong values', () => {
    const error = failureOf(() => loadConfig(schema, { SMARTANT_MASTER_KEY_FILE: join(folder, 'absent'), SMARTANT_HTTP_PORT: 'x' }));
    expect(error.fields).toEqual([
      { field: 'SMARTANT_MASTER_KEY', message: expect.stringContaining('ENOENT') },
      { field: 'SMARTANT_HTTP_PORT', message: expect.stringContaining('port') },
    ]);
  });

  it('refuses a variable that is given both ways', () => {
    const path = join(folder, 'both');
    writeFileSync(path, 'a');
    const env = { SMARTANT_MASTER_KEY: 'b', SMARTANT_MASTER_KEY_FILE: path, SMARTANT_HTTP_PORT: '80' };
    expect(failureOf(() => loadConfig(schema, env)).fields.map((field) => field.field)).toEqual(['SMARTANT_MASTER_KEY']);
  });

  it('takes a *_FILE key of the schema literally', () => {
    expect(loadConfig(service, complete).SMARTANT_TLS_CA_FILE).toBe('/tls/ca.crt');
  });
});
