import type { HostSession } from '../session/host-session';
import type { TreeFiles } from './edits';

/** Everything that a planner reads, as globs of a shell below the root of a clone. */
const READ = [
  ...['etc/fstab', 'etc/crypttab', 'etc/hostname', 'etc/hosts', 'etc/machine-id', 'var/lib/dbus/machine-id', 'etc/selinux/config'],
  ...[
    'etc/default/grub',
    'etc/default/grub.d/*.cfg',
    'etc/kernel/cmdline',
    'boot/loader/entries/*.conf',
    'boot/grub/grubenv',
    'boot/grub2/grubenv',
  ],
  ...['etc/network/interfaces', 'etc/network/interfaces.d/*', 'etc/netplan/*.yaml', 'etc/netplan/*.yml'],
  ...[
    'etc/NetworkManager/system-connections/*',
    'etc/systemd/network/*',
    'etc/sysconfig/network-scripts/ifcfg-*',
    'etc/sysconfig/network/ifcfg-*',
  ],
  ...['etc/udev/rules.d/*.rules', 'etc/cloud/cloud.cfg', 'etc/cloud/cloud.cfg.d/*.cfg', 'etc/mdadm/mdadm.conf', 'etc/mdadm.conf'],
  ...['etc/dracut.conf.d/*.conf', 'etc/initramfs-tools/conf.d/*'],
];

/** No text that is configured by hand is larger. */
const LARGEST = '+512k';

/** In a shell of the rescue system: of each file its path and size in a line, then its bytes. Links are not followed out of the clone. */
const SCRIPT = `cd "$1" || exit 1
shift
for pattern; do
  for path in $pattern; do
    [ -f "$path" ] && [ ! -L "$path" ] && [ -z "$(find "$path" -size ${LARGEST})" ] || continue
    printf '%s %s\\n' "$(stat -c %s "$path")" "$path"
    cat "$path"
  done
done`;

/** The texts that planners look at. Files that are not UTF-8 are read with replacements, and therefore never written back the same. */
export async function readTree(session: HostSession, root: string, signal: AbortSignal): Promise<TreeFiles> {
  const { stdout } = await session.run(['sh', '-c', SCRIPT, 'sh', root, ...READ], { signal, maxOutputBytes: 64 * 1024 * 1024 });
  const files = new Map<string, string>();
  for (let at = 0; at < stdout.length;) {
    const end = stdout.indexOf(0x0a, at);
    const header = stdout.toString('utf8', at, end);
    const space = header.indexOf(' ');
    const size = Number(header.slice(0, space));
    files.set(`/${header.slice(space + 1)}`, stdout.toString('utf8', end + 1, end + 1 + size));
    at = end + 1 + size;
  }
  return files;
}
