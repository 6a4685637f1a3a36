import { assertOptionsFit } from './assert-options-fit';
import { readPlan, readProbe } from './host-options';

it.each<[string, object]>([
  ['ssh', { kind: 'ssh' }],
  ['ssh@2m', { kind: 'ssh', timeoutMs: 120_000 }],
  ['tcp:5432', { kind: 'tcp', port: 5_432 }],
  ['http:80', { kind: 'http', port: 80, path: '/' }],
  ['http:80/health=all is well@30s', { kind: 'http', port: 80, path: '/health', expectText: 'all is well', timeoutMs: 30_000 }],
  ['mount:/data', { kind: 'mount', mount: '/data' }],
  ['service:nginx@10s', { kind: 'service', name: 'nginx', timeoutMs: 10_000 }],
])('reads the probe %s', (text, probe) => {
  expect(readProbe(text)).toEqual(probe);
});

it.each(['tcp', 'tcp:x', 'http:/', 'mount:data', 'ping', 'service:'])('refuses the probe %s', (text) => {
  expect(() => readProbe(text)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
});

it.each<[string, object]>([
  ['eth0=dhcp', { source: 'eth0', mode: 'dhcp' }],
  ['eth0=keep', { source: 'eth0', mode: 'keep' }],
  [
    'eth0=192.0.2.7/24,gateway=192.0.2.1,dns=192.0.2.53,dns=192.0.2.54',
    { source: 'eth0', mode: 'static', addresses: ['192.0.2.7/24'], gateway: '192.0.2.1', nameServers: ['192.0.2.53', '192.0.2.54'] },
  ],
])('reads the plan %s', (text, plan) => {
  expect(readPlan(text)).toEqual(plan);
});

it.each(['eth0', '=dhcp', 'eth0='])('refuses the plan %s', (text) => {
  expect(() => readPlan(text)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
});

it.each<['storage' | 'database' | 'host', object, string]>([
  ['storage', { confirmDisk: ['X'] }, '--confirm-disk'],
  ['database', { exclude: ['*'] }, '--exclude'],
  ['host', { schema: ['app'] }, '--schema'],
  ['host', { include: ['*'] }, '--include'],
  ['storage', { direct: false }, '--no-direct'],
])('refuses options of other kinds: %s %j', (kind, options, named) => {
  expect(() => assertOptionsFit(kind, options)).toThrow(
    expect.objectContaining({ code: 'CLI_USAGE', message: expect.stringContaining(named) }),
  );
});
