import { realpathSync } from 'node:fs';
import type { Content, HostInventory } from '../../../../domain/inventory';
import { listTargetDisks } from '../../layout/target-disks';
import type { MachineDisk } from '../../rescue/qemu-arguments';
import type { HostSession } from '../../session/host-session';
import { sourceRootTar } from './boot-parts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

export const ROOT_UUID = '5f0e6b1c-8a39-4a4e-9d0b-2f8d6c1a7e01';
export const DATA_UUID = '0b7c3f52-64d1-4c0e-8b1a-9e3d5a2c4f02';
export const ESP_UUID = '4D21-7A03';

/** Its web server answers there too: a port that a machine can show at an address of loopback under the same number. */
export const SECOND_HTTP_PORT = 18080;

/** The source of the boot suite: a Debian server on a GPT disk, ext4 as its root, /data on xfs in a volume group. */
export function sourceInventory(boot: 'bios' | 'uefi'): HostInventory {
  const fileSystem = (type: string, uuid: string, label: string): Content => ({ kind: 'filesystem', type, uuid, label });
  const none: Content = { kind: 'empty', type: '', uuid: '', label: '' };
  const first =
    boot === 'uefi'
      ? { sizeBytes: 64 * MIB, type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b', content: fileSystem('vfat', ESP_UUID, '') }
      : { sizeBytes: MIB, type: '21686148-6449-6e6f-744e-656564454649', content: none };
  const partition = (number: number, rest: typeof first, startBytes: number) => ({
    path: `/dev/sda${number}`,
    number,
    startBytes,
    uuid: `00000000-0000-4000-8000-00000000000${number}`,
    name: '',
    bootable: false,
    ...rest,
  });
  const linux = '0fc63daf-8483-4772-8e79-3d69d8477de4';
  const lvm: Content = { kind: 'lvm', type: 'LVM2_member', uuid: 'pv', label: '' };
  const mounted = { options: ['rw'], subvolume: '', files: 20_000 };
  return {
    readAt: new Date().toISOString(),
    hostname: 'source',
    os: { id: 'debian', idLike: [], versionId: '12', prettyName: 'Debian GNU/Linux 12' },
    kernel: { release: '6.1.0-56-cloud-amd64', architecture: 'x86_64', commandLine: `root=UUID=${ROOT_UUID} ro` },
    boot: { mode: boot, secureBoot: false, loader: 'grub' },
    hardware: { cpus: 2, memoryBytes: GIB, vendor: '', product: '', virtualization: 'vmware' },
    disks: [
      {
        ...{ path: '/dev/sda', sizeBytes: 5 * GIB, serial: 'source', model: '', logicalSectorBytes: 512, readOnly: false, table: 'gpt' },
        tableId: '00000000-0000-4000-8000-000000000000',
        partitions: [
          partition(1, first, MIB),
          partition(2, { sizeBytes: 3 * GIB, type: linux, content: fileSystem('ext4', ROOT_UUID, 'root') }, 65 * MIB),
          partition(3, { sizeBytes: GIB, type: 'e6d6d379-f507-44c2-a23c-238f2a3df928', content: lvm }, 65 * MIB + 3 * GIB),
        ],
      },
    ],
    volumeGroups: [
      {
        ...{ name: 'vg0', extentBytes: 4 * MIB, sizeBytes: GIB, freeBytes: 0, devices: ['/dev/sda3'] },
        volumes: [
          { name: 'data', path: '/dev/vg0/data', sizeBytes: 512 * MIB, layout: 'linear', content: fileSystem('xfs', DATA_UUID, 'data') },
        ],
      },
    ],
    raids: [],
    fileSystems: [
      {
        mount: '/',
        device: '/dev/sda2',
        type: 'ext4',
        uuid: ROOT_UUID,
        label: 'root',
        sizeBytes: 3 * GIB,
        usedBytes: 700 * MIB,
        ...mounted,
      },
      {
        mount: '/data',
        device: '/dev/mapper/vg0-data',
        type: 'xfs',
        uuid: DATA_UUID,
        label: 'data',
        sizeBytes: 512 * MIB,
        usedBytes: 40 * MIB,
        ...mounted,
      },
      ...(boot === 'uefi'
        ? [
            {
              mount: '/boot/efi',
              device: '/dev/sda1',
              type: 'vfat',
              uuid: ESP_UUID,
              label: '',
              sizeBytes: 64 * MIB,
              usedBytes: MIB,
              ...mounted,
            },
          ]
        : []),
    ],
    swaps: [],
    fstab: [],
    interfaces: [
      {
        ...{ name: 'ens192', mac: '00:50:56:aa:bb:cc', driver: 'vmxnet3', up: true, addresses: ['192.0.2.7/24'], gateways: ['192.0.2.1'] },
        ...{ nameServers: ['192.0.2.53'], dhcp: false, configuredBy: 'networkd' },
      },
    ],
    services: [{ name: 'open-vm-tools.service', state: 'running', enabled: true }],
    listeners: [],
    databases: [],
    packages: { manager: 'dpkg', count: 200 },
    selinux: 'absent',
    tools: {},
  };
}

/** Files whose kinds are easily lost: hard links, ACLs, capabilities, attributes, owners by number, holes, odd names. */
const FIXTURES = `set -e
cd "$1"
printf 'UUID=%s /data xfs nofail,x-systemd.device-timeout=180s 0 0\\n/dev/sda2 / ext4 defaults,errors=remount-ro 0 1\\n/dev/sdb1 /backup ext4 defaults 0 2\\n' "$2" >etc/fstab
[ "$3" = bios ] || echo '/dev/sda1 /boot/efi vfat umask=0077 0 1' >>etc/fstab
printf 'GRUB_DEFAULT=0\\nGRUB_TIMEOUT=0\\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\\nGRUB_CMDLINE_LINUX="root=/dev/sda2 resume=/dev/sda9"\\n' >etc/default/grub
mkdir -p etc/udev/rules.d root/.ssh
echo 'SUBSYSTEM=="net", ATTR{address}=="00:50:56:aa:bb:cc", NAME="ens192"' >etc/udev/rules.d/70-persistent-net.rules
cat >root/.ssh/authorized_keys
chmod 700 root/.ssh; chmod 600 root/.ssh/authorized_keys
echo 'moved by smartant' >var/www/html/index.html
printf 'server { listen ${SECOND_HTTP_PORT}; root /var/www/html; }\\n' >etc/nginx/conf.d/second.conf
mkdir -p data/fixtures
cd data/fixtures
echo one >linked-1; ln linked-1 linked-2; ln linked-1 linked-3
echo acl >acl; setfacl -m u:1234:rw,g:4321:r acl
cp ../../usr/bin/true capable; setcap cap_net_bind_service+ep capable
echo x >attributed; setfattr -n user.note -v kept attributed
echo own >owned; chown 54321:12345 owned; chmod 4750 owned
truncate -s 64M sparse; printf end | dd of=sparse bs=1 seek=1000000 conv=notrunc status=none
printf odd >"$(printf 'a\\nb $(c)')"
mknod null c 1 3
mkfifo pipe
sync`;

/** The source's files as a disk of the appliance that lays them down: nothing has to be carried and deciphered by an emulated processor. */
export const sourceFilesDisk = (): MachineDisk => ({ path: realpathSync(sourceRootTar()), format: 'raw', serial: FILES_SERIAL });
const FILES_SERIAL = 'source-files';

/** Puts the source's files below a directory of a rescue system that has `sourceFilesDisk`: as a copy of all of a host would. */
export async function layDownSource(
  session: HostSession,
  root: string,
  boot: 'bios' | 'uefi',
  authorizedKey: string,
  signal: AbortSignal,
): Promise<void> {
  const device = (await listTargetDisks(session, signal)).find(({ serial }) => serial === FILES_SERIAL)?.path ?? '';
  const kept = ['--numeric-owner', '--same-permissions', '--xattrs', '--xattrs-include=*', '--acls'];
  await session.run(['tar', '-x', '-C', root, ...kept, '-f', device], { signal });
  await session.run(['bash', '-c', FIXTURES, 'bash', root, DATA_UUID, boot], { signal, stdin: `${authorizedKey}\n` });
}
