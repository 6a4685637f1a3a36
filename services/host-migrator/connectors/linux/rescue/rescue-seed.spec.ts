import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { fingerprintOf, keyFiles, makeRescueKeys, seedArchive } from './rescue-seed';
import { judgeTakeover, rescueNetwork, type TakeoverFacts } from './takeover-facts';

const missing = (program: string) => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return null;
  } catch {
    return `${program} is not installed`;
  }
};

describeIf(missing('cpio') ?? missing('ssh-keygen'), 'the seed of a rescue system', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'smartant-seed-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is an archive that cpio unpacks, after zeros too', () => {
    const keys = makeRescueKeys();
    const network = [
      {
        mac: '52:54:00:00:00:01',
        mode: 'static' as const,
        addresses: ['192.0.2.7/24'],
        gateways: ['192.0.2.1'],
        nameServers: ['192.0.2.53'],
      },
    ];
    const archive = seedArchive({ files: keyFiles(keys), hostname: 'web', network, returnAfterSeconds: 600 }, 'etc/smartant');
    expect(archive.length % 512).toBe(0);
    execFileSync('cpio', ['-i', '-d', '--quiet'], { cwd: folder, input: archive });
    const read = (name: string) => readFileSync(join(folder, 'etc/smartant', name), 'utf8');
    expect(read('network')).toBe('mac=52:54:00:00:00:01 mode=static address=192.0.2.7/24 gateway=192.0.2.1 dns=192.0.2.53\n');
    expect(read('return-after')).toBe('600\n');
    expect(read('authorized_keys')).toBe(`${keys.clientPublicKey}\n`);
    expect(statSync(join(folder, 'etc/smartant/ssh_host_ed25519_key')).mode & 0o777).toBe(0o600);
  });

  it('has keys that OpenSSH reads, with the fingerprint that it shows', () => {
    const { hostPrivateKey, hostFingerprint } = makeRescueKeys();
    const path = join(folder, 'key');
    writeFileSync(path, hostPrivateKey.endsWith('\n') ? hostPrivateKey : `${hostPrivateKey}\n`, { mode: 0o600 });
    const publicKey = execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' });
    expect(fingerprintOf(publicKey)).toBe(hostFingerprint);
    expect(execFileSync('ssh-keygen', ['-l', '-f', path], { encoding: 'utf8' })).toContain(hostFingerprint);
  });
});

describe('a takeover', () => {
  const MIB = 1024 * 1024;
  const files = { bytes: { kernel: 8 * MIB, initramfs: 36 * MIB } };
  const good: TakeoverFacts = {
    ...{ architecture: 'x86_64', kexecLoaded: '0', kexecDisabled: false, lockdown: 'none', secureBoot: false },
    ...{ memoryBytes: 1024 * MIB, availableBytes: 600 * MIB, routeInterface: 'eth0', routeIsCard: true },
  };
  const codes = (more: Partial<TakeoverFacts>) => judgeTakeover({ ...good, ...more }, files).map(({ code }) => code);

  it('is refused where it could not end well', () => {
    expect(codes({})).toEqual([]);
    expect(codes({ kexecLoaded: null })).toEqual(['HOST_KEXEC_MISSING']);
    expect(codes({ kexecDisabled: true })).toEqual(['HOST_KEXEC_DISABLED']);
    expect(codes({ secureBoot: true })).toEqual(['HOST_KEXEC_LOCKED']);
    expect(codes({ lockdown: 'integrity' })).toEqual(['HOST_KEXEC_LOCKED']);
    expect(codes({ memoryBytes: 512 * MIB })).toEqual(['HOST_TAKEOVER_MEMORY']);
    expect(codes({ availableBytes: 100 * MIB })).toEqual(['HOST_TAKEOVER_MEMORY']);
    expect(codes({ routeInterface: 'bond0', routeIsCard: false })).toEqual(['HOST_TAKEOVER_NETWORK']);
    expect(codes({ architecture: 'aarch64' })).toEqual(['HOST_TAKEOVER_ARCHITECTURE']);
  });

  it('keeps static addresses', () => {
    const one = { name: 'eth0', mac: '52:54:00:AA:00:01', driver: 'virtio_net', up: true, configuredBy: 'unknown' as const };
    const interfaces = [
      {
        ...one,
        addresses: ['192.0.2.7/24', 'fe80::1/64'],
        gateways: ['192.0.2.1'],
        nameServers: ['127.0.0.53', '192.0.2.53'],
        dhcp: false,
      },
      { ...one, name: 'eth1', addresses: [], gateways: [], nameServers: [], dhcp: true },
    ];
    expect(rescueNetwork({ interfaces })).toEqual([
      { mac: '52:54:00:aa:00:01', mode: 'static', addresses: ['192.0.2.7/24'], gateways: ['192.0.2.1'], nameServers: ['192.0.2.53'] },
    ]);
  });
});
