/** Programs whose presence the migration cares for; those before the dashes are asked for their version. */
const TOOLS =
  'tar find rsync zstd -- gzip ssh setfattr getfattr getcap setcap getfacl setfacl lsattr chattr lsblk blkid sfdisk lvm mdadm mkfs.ext4 mkfs.xfs mkfs.btrfs mkfs.vfat kexec systemctl ss netstat sudo python3 dd fsfreeze fstrim grub-install grub2-install dracut update-initramfs';

/**
 * One shell script that reads everything there is to know about a Linux machine, so that it costs one round trip. Plain POSIX, and no program
 * that a Debian, RHEL 7 or SLES lacks is needed. Each part's output stands behind a line "MARK name", its status behind "MARK = status". $1: MARK.
 * What may hang on a dead disk or server has a time limit.
 */
export const INVENTORY_SCRIPT = `
m=$1
limit() { if command -v timeout >/dev/null 2>&1; then timeout 20 "$@"; else "$@"; fi; }
part() { n=$1; shift; printf '\\n%s %s\\n' "$m" "$n"; "$@" 2>/dev/null; r=$?; printf '\\n%s = %s\\n' "$m" "$r"; }
has() { command -v "$1" >/dev/null 2>&1; }

part uname sh -c 'uname -s; uname -r; uname -m; uname -n'
part identity sh -c 'id -u; date +%s.%N; cat /etc/machine-id; echo; cat /sys/class/dmi/id/product_uuid; echo; printf "boot "; cat /proc/sys/kernel/random/boot_id'
part os sh -c 'cat /etc/os-release || cat /usr/lib/os-release || { read -r line </etc/redhat-release && echo "PRETTY_NAME=\\"$line\\"" && echo ID=rhel; }'
part cmdline cat /proc/cmdline
part firmware sh -c '[ -d /sys/firmware/efi ] && echo uefi || echo bios; for f in /sys/firmware/efi/efivars/SecureBoot-*; do [ -r "$f" ] && od -An -t u1 "$f"; done; true'
part loader sh -c 'ls -d /boot/grub /boot/grub2 /boot/loader /boot/efi/loader/loader.conf /boot/loader/loader.conf /efi/loader/loader.conf /boot/efi/EFI/systemd; true'
part cpus grep -c ^processor /proc/cpuinfo
part memory grep MemTotal /proc/meminfo
part product sh -c 'cat /sys/class/dmi/id/sys_vendor; cat /sys/class/dmi/id/product_name; true'
part virtualization sh -c 'systemd-detect-virt || true'
columns=NAME,KNAME,PKNAME,MAJ:MIN,TYPE,SIZE,RO,MODEL,LOG-SEC
lsblk_all() { limit lsblk -b -P -o "$columns,SERIAL" || limit lsblk -b -P -o "$columns"; }
part lsblk lsblk_all
blkid_all() {
  for d in $(lsblk -n -l -o KNAME | sort -u); do
    case $d in loop*|zram*|ram*|sr*|fd*) continue ;; esac
    echo "KNAME=$d"; limit blkid -p -o export "/dev/$d"
  done; true
}
part blkid blkid_all
part serials sh -c 'for d in /sys/block/*; do s=$(cat "$d/serial" 2>/dev/null || cat "$d/device/serial" 2>/dev/null || true); echo "\${d##*/} $s"; done'
part starts sh -c 'for d in /sys/class/block/*; do [ -r "$d/start" ] && echo "\${d##*/} $(cat "$d/start") $(cat "$d/partition")"; done; true'
sfdisk_all() { for d in $(lsblk -n -d -o KNAME | sort -u); do case $d in loop*|zram*|ram*|sr*|fd*) ;; *) echo "# $d"; limit sfdisk -d "/dev/$d" ;; esac; done; true; }
part sfdisk sfdisk_all
lvm_all() { has lvm || return 0; o="--noheadings --separator | --units b --nosuffix"; echo '# vgs'; limit lvm vgs $o -o vg_name,vg_extent_size,vg_size,vg_free; echo '# pvs'; limit lvm pvs $o -o vg_name,pv_name; echo '# lvs'; limit lvm lvs $o -o vg_name,lv_name,lv_path,lv_size,segtype,lv_attr; }
part lvm lvm_all
md_all() { for d in /sys/block/md*; do [ -d "$d/md" ] || continue; n=\${d##*/}; echo "# $n"; limit mdadm --detail --export "/dev/$n" || { echo "MD_LEVEL=$(cat "$d/md/level")"; echo "MD_METADATA=$(cat "$d/md/metadata_version")"; }; for s in "$d"/slaves/*; do echo "MEMBER=\${s##*/}"; done; done; true; }
part md md_all
part mounts cat /proc/self/mountinfo
part df limit df -P -k -l
part inodes limit df -P -i -l
part swaps cat /proc/swaps
part fstab sh -c 'cat /etc/fstab; true'
part links sh -c 'ip -o link || for d in /sys/class/net/*; do echo "0: \${d##*/}: <$(cat "$d/operstate")> link/ether $(cat "$d/address")"; done'
part addresses sh -c 'ip -o addr; true'
part routes sh -c 'ip -o route show default; ip -o -6 route show default; true'
part drivers sh -c 'for d in /sys/class/net/*; do echo "\${d##*/} $(basename "$(readlink "$d/device/driver")" 2>/dev/null)"; done; true'
part resolvers sh -c 'grep -h ^nameserver /run/systemd/resolve/resolv.conf /etc/resolv.conf; true'
part network sh -c 'for f in /etc/network/interfaces /etc/network/interfaces.d/* /etc/netplan/*.y*ml /etc/systemd/network/*.network /run/systemd/network/*.network /etc/NetworkManager/system-connections/* /etc/sysconfig/network-scripts/ifcfg-* /etc/sysconfig/network/ifcfg-*; do [ -f "$f" ] && echo "# $f" && grep -iE "dhcp|bootproto|^[[:space:]]*(iface|device|name|method|interface-name|onboot)|^ +[a-z0-9]+:|^\\[" "$f"; done; true'
part units sh -c 'systemctl list-units --type=service --all --no-legend --no-pager || service --status-all; true'
part unitfiles sh -c 'systemctl list-unit-files --type=service --no-legend --no-pager || chkconfig --list; true'
part sockets sh -c 'ss -lntup || netstat -lntup; true'
part tcp sh -c 'cat /proc/net/tcp /proc/net/tcp6; true'
databases() {
  for p in /proc/[0-9]*; do
    n=$(cat "$p/comm") || continue
    case $n in postgres|postmaster|mysqld|mariadbd|redis-server|valkey-server|mongod|ora_pmon_*|oracle*) ;; *) continue ;; esac
    d=$(readlink "$p/cwd"); v=
    case $n in postgres|postmaster) v=$(cat "$d/PG_VERSION"); [ -n "$v" ] || continue ;; ora*) ;; *) v=$(limit "$p/exe" --version | head -n 1) ;; esac
    echo "PROCESS $n"; echo "CWD $d"; echo "VERSION $v"; printf 'ARGS '; tr '\\0\\n' '  ' <"$p/cmdline"; echo
  done
  grep -h '^ *dbPath:' /etc/mongod.conf | sed 's/^ */MONGO /'
  true
}
part databases databases
part packages sh -c 'if command -v dpkg-query >/dev/null; then echo dpkg; dpkg-query -W -f "\\n" | wc -l; elif command -v rpm >/dev/null; then echo rpm; rpm -qa | wc -l; elif command -v apk >/dev/null; then echo apk; apk info | wc -l; elif command -v pacman >/dev/null; then echo pacman; pacman -Qq | wc -l; fi; true'
part selinux sh -c 'getenforce || { [ -r /sys/fs/selinux/enforce ] && cat /sys/fs/selinux/enforce; } || grep ^SELINUX= /etc/selinux/config; true'
tools() {
  v=yes
  for t in ${TOOLS}; do
    [ "$t" = -- ] && { v=; continue; }
    has "$t" || continue
    if [ "$v" ]; then echo "$t $(limit "$t" --version 2>&1 </dev/null | head -n 1)"; else echo "$t"; fi
  done; true
}
part tools tools
part abilities sh -c 'tar --help | grep -oE -- "--(xattrs|acls|selinux|sparse|null)( |=|$)"; true'
part modules sh -c 'cd "/lib/modules/$(uname -r)" && grep -hoE "(virtio_blk|virtio_pci|virtio_net|virtio_scsi|nvme|xen-blkfront|ena|hv_storvsc)\\.ko" modules.builtin modules.dep | sort -u; true'
part containers sh -c 'for p in /proc/[0-9]*; do cat "$p/comm"; done | grep -xE "kubelet|dockerd|containerd|crio|podman|k3s-server|k3s" | sort -u; true'
part crypttab sh -c 'grep -vE "^ *(#|$)" /etc/crypttab; true'
`;
