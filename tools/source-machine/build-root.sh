#!/bin/bash
# build-root.sh RECIPE-FOLDER OUT.tar: the files of a Debian server, as the source machine of the boot suite. As root on Debian.
set -euo pipefail
recipe=$1 out=$2
sources=()
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list; do
  [ -s "$list" ] && grep -q 'debian' "$list" && sources+=("$list")
done
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
# What the machine runs without, and would be copied again and again: languages for programs that nobody starts, drivers of other machines.
unused='usr/lib/python3* usr/share/perl usr/share/perl5 usr/lib/x86_64-linux-gnu/perl usr/lib/x86_64-linux-gnu/perl5 usr/lib/x86_64-linux-gnu/libicu*
  usr/lib/x86_64-linux-gnu/libperl.so* usr/bin/python3* usr/bin/perl5* usr/lib/x86_64-linux-gnu/gconv usr/lib/udev/hwdb.bin usr/lib/udev/hwdb.d usr/share/zoneinfo
  usr/share/info usr/share/bash-completion usr/share/lintian'
drivers='sound drivers/infiniband drivers/comedi drivers/hid drivers/target drivers/media drivers/gpu drivers/usb drivers/iio fs/smb fs/nfs fs/nfsd fs/btrfs fs/ceph
  fs/ocfs2 fs/gfs2 fs/f2fs fs/jfs fs/reiserfs fs/ntfs3 net/netfilter net/sunrpc net/sctp net/tipc net/ceph net/bluetooth net/wireless net/mac80211'
packages=$(grep -v '^#' "$recipe/packages.txt" | paste -sd,)
mmdebstrap --quiet --mode=root --variant=minbase --format=tar \
  --aptopt='Apt::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --include="$packages" \
  --customize-hook="cd \"\$1\" && rm -rf $(echo $unused)" \
  --customize-hook="cd \"\$1\"/usr/lib/modules/*/kernel && rm -rf $(echo $drivers)" \
  --customize-hook='for release in "$1"/usr/lib/modules/*; do chroot "$1" depmod "${release##*/}"; done' \
  --customize-hook='rm -rf "$1"/etc/apt/sources.list.d/* "$1"/etc/apt/sources.list "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' \
  --customize-hook="cp -a '$recipe/root/.' \"\$1\"/" \
  --customize-hook='chown -R 0:0 "$1"/etc/systemd/system "$1"/etc/systemd/network "$1"/usr/local/bin; chmod 755 "$1"/usr/local/bin/*' \
  --customize-hook='chroot "$1" systemctl -q enable systemd-networkd ssh nginx writer; chroot "$1" systemctl -q mask e2scrub_reap e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer fstrim.timer' \
  --customize-hook='rm -f "$1"/etc/ssh/ssh_host_*; : >"$1"/etc/machine-id; echo source >"$1"/etc/hostname; echo "127.0.0.1 localhost source" >"$1"/etc/hosts' \
  "$suite" "$out" "${sources[@]}"
