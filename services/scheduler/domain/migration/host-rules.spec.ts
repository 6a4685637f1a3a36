import { hostScopeErrors } from './host-rules';
import { hostScope, type HostScope } from './host-scope';

const fields = (scope: Partial<HostScope>) => hostScopeErrors(hostScope(scope)).map(({ field }) => field.replace('spec.host.', ''));

it('takes the defaults, and everything at once', () => {
  expect(fields({})).toEqual([]);
  const scope: Partial<HostScope> = {
    exclude: ['/var/cache/**'],
    excludeMounts: ['/mnt/backup'],
    sizes: [
      { mount: '/', sizeBytes: 1 },
      { mount: 'swap', sizeBytes: 0 },
    ],
    confirmedDisks: ['QEMU-0001', '/dev/vda'],
    stopServices: ['nginx', 'getty@tty1.service'],
    network: [
      { source: 'eth0', mode: 'static', addresses: ['192.0.2.7/24', '2001:db8::7/64'], gateway: '192.0.2.1', nameServers: [], mac: '' },
      { source: 'eth1', mode: 'dhcp', addresses: [], gateway: '', nameServers: [], mac: '52:54:00:00:00:01' },
    ],
    hostname: 'web-01.example.com',
    actions: [{ name: 'warm up', script: 'true', timeoutMs: 1_000, required: true }],
    probes: [
      { kind: 'http', port: 80, path: '/health', expectStatus: 200, expectText: 'ok', timeoutMs: 1_000 },
      { kind: 'service', name: 'nginx', timeoutMs: 1_000 },
    ],
  };
  expect(fields(scope)).toEqual([]);
});

it('probes nothing where nothing is started', () => {
  expect(hostScope({ targetDirectory: '/mnt/target' }).probes).toEqual([]);
});

const plan = { source: 'eth0', mode: 'static', addresses: ['192.0.2.7/24'], gateway: '', nameServers: [], mac: '' } as const;
const withAddresses = (...addresses: string[]) => ({ ...plan, addresses, nameServers: [] });

it.each<[string, Partial<HostScope>, string[]]>([
  ['a glob that is not absolute', { exclude: ['cache'] }, ['exclude.0']],
  ['a malformed glob', { exclude: ['/a/['] }, ['exclude.0']],
  ['a mount that climbs', { excludeMounts: ['/a/../b'] }, ['excludeMounts.0']],
  ['a serial with a blank', { confirmedDisks: ['a b'] }, ['confirmedDisks.0']],
  ['a service that is a command', { stopServices: ['nginx; reboot'] }, ['stopServices.0']],
  ['a service that is an option', { stopServices: ['--now'] }, ['stopServices.0']],
  ['a size of nothing', { sizes: [{ mount: 'data', sizeBytes: 1 }] }, ['sizes.0']],
  ['the root as a directory', { targetDirectory: '/' }, ['targetDirectory']],
  ['the root by another name', { targetDirectory: '//' }, ['targetDirectory']],
  [
    'what a directory would pass over',
    { targetDirectory: '/mnt/new', probes: [{ kind: 'ssh', timeoutMs: 1 }], hostname: 'web', takeOverTarget: true },
    ['probes', 'hostname', 'takeOverTarget'],
  ],
  ['blocks into a directory', { targetDirectory: '/mnt', engine: 'blocks' }, ['engine']],
  ['a name that is none', { hostname: '-web' }, ['hostname']],
  ['too many streams', { streams: 65 }, ['streams']],
  ['an address without its prefix', { network: [withAddresses('192.0.2.7')] }, ['network.0']],
  ['a prefix that is too long', { network: [withAddresses('192.0.2.7/33')] }, ['network.0']],
  ['a static plan without addresses', { network: [withAddresses()] }, ['network.0']],
  ['two plans of one interface', { network: [withAddresses('192.0.2.7/24'), withAddresses('192.0.2.8/24')] }, ['network.1.source']],
  ['an empty script', { actions: [{ name: 'a', script: ' ', timeoutMs: 1, required: true }] }, ['actions.0']],
  ['a probe of port 0', { probes: [{ kind: 'tcp', port: 0, timeoutMs: 1 }] }, ['probes.0']],
  [
    'a path with a line break',
    { probes: [{ kind: 'http', port: 80, path: '/a\nb', expectStatus: 200, expectText: '', timeoutMs: 1 }] },
    ['probes.0'],
  ],
  ['a probe that never ends', { probes: [{ kind: 'ssh', timeoutMs: 86_400_001 }] }, ['probes.0']],
])('names %s', (_name, scope, wrong) => {
  expect(fields(scope)).toEqual(wrong);
});
