import { createHash } from 'node:crypto';
import { utils } from 'ssh2';
import { cpioArchive, type CpioFile } from './cpio-archive';

/** The keys of one start of the rescue system: they are made for it, and end with it. */
export interface RescueKeys {
  /** What it shows of itself: "SHA256:…", known before it runs. */
  hostFingerprint: string;
  hostPrivateKey: string;
  /** Who may sign in. OpenSSH form; never written to a disk in the clear. */
  clientPrivateKey: string;
  clientPublicKey: string;
}

/** One interface of a machine that is taken over. */
export interface RescueInterface {
  mac: string;
  mode: 'dhcp' | 'static';
  /** With prefix lengths. In `dhcp` they are used where no server answers. */
  addresses: string[];
  gateways: string[];
  nameServers: string[];
}

export interface RescueSeed {
  /** Host keys (`ssh_host_…_key`) and who may sign in (`authorized_keys`; `passwd` and `shadow` of users beside root). */
  files: readonly CpioFile[];
  hostname: string;
  /** An interface that is not named here asks for DHCP. */
  network: readonly RescueInterface[];
  /** Restart into the machine's own system when nobody has signed in by then; null: never. */
  returnAfterSeconds: number | null;
}

export function makeRescueKeys(): RescueKeys {
  const host = utils.generateKeyPairSync('ed25519');
  const client = utils.generateKeyPairSync('ed25519', { comment: 'smartant' });
  return {
    hostFingerprint: fingerprintOf(host.public),
    hostPrivateKey: host.private,
    clientPrivateKey: client.private,
    clientPublicKey: client.public,
  };
}

/** As `ssh-keygen -l` shows a public key ("ssh-ed25519 AAAA… comment"). */
export function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The files of a seed that has keys of its own. */
export function keyFiles({ hostPrivateKey, clientPublicKey }: RescueKeys): CpioFile[] {
  return [
    { path: 'ssh_host_ed25519_key', mode: 0o600, content: withNewline(hostPrivateKey) },
    { path: 'authorized_keys', mode: 0o600, content: withNewline(clientPublicKey) },
  ];
}

/** What tools/rescue/root/init reads below `folder` ("etc/smartant" in an initramfs, "." where it unpacks the archive there itself). */
export function seedArchive(seed: RescueSeed, folder: string): Buffer {
  const files: CpioFile[] = [
    ...seed.files,
    { path: 'hostname', mode: 0o644, content: withNewline(seed.hostname) },
    { path: 'network', mode: 0o644, content: seed.network.map(networkLine).join('') },
    ...(seed.returnAfterSeconds === null ? [] : [{ path: 'return-after', mode: 0o644, content: `${seed.returnAfterSeconds}\n` }]),
  ];
  return cpioArchive(files.map((file) => ({ ...file, path: folder === '.' ? file.path : `${folder}/${file.path}` })));
}

const withNewline = (text: string) => (text.endsWith('\n') ? text : `${text}\n`);

function networkLine({ mac, mode, addresses, gateways, nameServers }: RescueInterface): string {
  const words = [
    `mac=${mac}`,
    `mode=${mode}`,
    ...addresses.map((address) => `address=${address}`),
    ...gateways.map((gateway) => `gateway=${gateway}`),
    ...nameServers.map((server) => `dns=${server}`),
  ];
  return `${words.join(' ')}\n`;
}
