import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliContext } from '../context';
import { networkOptionsOf, readNetwork, type NetworkOptions } from './network-options';

const folder = mkdtempSync(join(tmpdir(), 'smartant-network-'));
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return name;
};
const key = write('key', 'a private key');
const hostKey = `SHA256:${'A'.repeat(43)}`;
mkdirSync(join(folder, '.ssh'));
write('.ssh/known_hosts', `known.example ssh-ed25519 ${Buffer.from('k').toString('base64')}\n`);

const read = (options: NetworkOptions, env: Record<string, string> = {}) =>
  readNetwork({ cwd: folder, homeDir: folder, env } as unknown as CliContext, options);
const codeOf = (options: NetworkOptions, env?: Record<string, string>) => {
  try {
    read(options, env);
    return 'nothing';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

it('says nothing when there is nothing to say', () => {
  expect(read({})).toEqual({});
});

it('reads steps in the order of travel, with the secrets of each', () => {
  const options = {
    viaProxy: ['http://ann@proxy.example:3128', 'https://[2001:db8::1]'],
    viaSocks: ['socks.example'],
    viaSsh: ['bob@bastion.example:2222', 'root@inner'],
    viaHostKey: [hostKey],
    viaKey: [key],
  };
  const env = { SMARTANT_VIA_1_PASSWORD: 'one', SMARTANT_VIA_5_PASSWORD: 'five', SMARTANT_VIA_PASSPHRASE: 'phrase' };
  expect(read(options, env)).toEqual({
    via: [
      { kind: 'proxy', host: 'proxy.example', port: 3_128, tls: false, user: 'ann' },
      { kind: 'proxy', host: '2001:db8::1', port: 443, tls: true },
      { kind: 'socks', host: 'socks.example', port: 1_080 },
      { kind: 'ssh', host: 'bastion.example', port: 2_222, user: 'bob', hostKeys: [hostKey] },
      { kind: 'ssh', host: 'inner', port: 22, user: 'root', hostKeys: [hostKey] },
    ],
    network: {
      ways: [
        { password: 'one' },
        {},
        {},
        { privateKeyPem: 'a private key', passphrase: 'phrase' },
        { privateKeyPem: 'a private key', passphrase: 'phrase', password: 'five' },
      ],
    },
  });
});

it('pins what the user’s own ssh knows of a bastion, and asks for a key that nobody knows', () => {
  const { via } = read({ viaSsh: ['ann@known.example'], viaKey: [key] });
  expect(via).toEqual([expect.objectContaining({ hostKeys: [expect.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/)] })]);
  expect(codeOf({ viaSsh: ['ann@unknown.example'], viaKey: [key] })).toBe('CLI_HOST_KEY_UNKNOWN');
});

it('reads TLS settings and a client certificate', () => {
  expect(read({ tlsServerName: 'a', tlsMin: '1.3', tlsPin: 'ab', tlsClientCert: key, tlsClientKey: key })).toEqual({
    tls: { serverName: 'a', minVersion: 'TLSv1.3', certificateSha256: 'ab' },
    network: { clientCertificate: { certificatePem: 'a private key', privateKeyPem: 'a private key' } },
  });
});

it.each<[string, NetworkOptions]>([
  ['CLI_SECRET_IN_ARGS', { viaProxy: ['http://ann:pw@proxy'] }],
  ['CLI_SECRET_IN_ARGS', { viaSocks: ['ann:pw@proxy'] }],
  ['CLI_SECRET_IN_ARGS', { viaSsh: ['ann:pw@bastion'], viaHostKey: [hostKey] }],
  ['CLI_USAGE', { viaProxy: ['proxy:3128'] }],
  ['CLI_USAGE', { viaSsh: ['bastion'], viaHostKey: [hostKey] }],
  ['CLI_USAGE', { viaSocks: ['host/path'] }],
  ['CLI_USAGE', { tlsMin: '1.1' }],
  ['CLI_USAGE', { tlsClientCert: key }],
  ['CLI_CREDENTIALS_NOT_FOUND', { viaSsh: ['ann@bastion'], viaHostKey: [hostKey] }],
  ['CLI_FILE_UNREADABLE', { viaSsh: ['ann@bastion'], viaHostKey: [hostKey], viaKey: ['absent'] }],
])('refuses with %s', (code, options) => {
  expect(codeOf(options)).toBe(code);
});

describe('one side of a migration', () => {
  const options = { sourceViaSsh: ['ann@bastion'], sourceViaHostKey: [hostKey], targetTlsPin: 'ab', targetViaSocks: ['bob@socks'] };
  const context = (env: Record<string, string>) => ({ cwd: folder, homeDir: folder, env }) as unknown as CliContext;

  it('has its own options and passwords', () => {
    const env = { SMARTANT_SOURCE_VIA_PASSWORD: 'of the source', SMARTANT_VIA_PASSWORD: 'of both' };
    expect(readNetwork(context(env), networkOptionsOf(options, 'source'), 'source')).toEqual({
      via: [{ kind: 'ssh', host: 'bastion', port: 22, user: 'ann', hostKeys: [hostKey] }],
      network: { ways: [{ password: 'of the source' }] },
    });
    expect(readNetwork(context(env), networkOptionsOf(options, 'target'), 'target')).toEqual({
      via: [{ kind: 'socks', host: 'socks', port: 1_080, user: 'bob' }],
      tls: { certificateSha256: 'ab' },
      network: { ways: [{ password: 'of both' }] },
    });
  });

  it('is named in what is refused', () => {
    const read = () => readNetwork(context({}), networkOptionsOf(options, 'source'), 'source');
    expect(read).toThrow(expect.objectContaining({ hint: expect.stringMatching(/--source-via-key FILE.*SMARTANT_SOURCE_VIA_PASSWORD/) }));
  });
});
