#!/bin/bash
# build-tree.sh RECIPE-FOLDER WORK-FOLDER: the rescue system's files (WORK/tree), its kernel (WORK/vmlinuz) and a kexec that runs anywhere (WORK/kexec).
# As root on Debian; packages come from this machine's own sources.
set -euo pipefail
recipe=$1 work=$2
tree=$work/tree

sources=()
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list; do
  [ -s "$list" ] && grep -q 'debian' "$list" && sources+=("$list")
done
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
packages=$(grep -v '^#' "$recipe/packages.txt" | paste -sd,)

# The kernel's package is unpacked, not installed: its scripts would make an initramfs of their own.
fetch_kernel='set -e; export APT_CONFIG=$MMDEBSTRAP_APT_CONFIG; cd "$1/tmp"
name=$(apt-cache depends linux-image-amd64 | sed -n "s/.*Depends: \(linux-image-[^ ]*\)$/\1/p" | head -1)
apt-get -q download "$name"; dpkg-deb --fsys-tarfile linux-image-*.deb | tar -C "$1" -x --keep-directory-symlink; rm linux-image-*.deb'

mmdebstrap --quiet --mode=root --variant=essential --format=directory \
  --aptopt='Apt::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --include="$packages" --customize-hook="$fetch_kernel" \
  "$suite" "$tree" "${sources[@]}"

# What it was made of, for whoever asks later.
dpkg-query --admindir="$tree/var/lib/dpkg" -W -f '${Package} ${Version}\n' >"$work/packages"
release=$(ls "$tree/lib/modules")
echo "linux $release" >>"$work/packages"
mv "$tree/boot/vmlinuz-$release" "$work/vmlinuz"

# kexec with its libraries and their loader, so that it starts on a machine of any distribution.
mkdir "$work/kexec"
cp "$tree/sbin/kexec" "$work/kexec/"
chroot "$tree" ldd /sbin/kexec | grep -o '/[^ ]*' | while read -r library; do
  cp "$tree$(chroot "$tree" readlink -f "$library")" "$work/kexec/$(basename "$library")"
done

# Only the drivers that matter, with what they depend on.
modules=$tree/lib/modules/$release
depmod -b "$tree" "$release"
grep -v '^#' "$recipe/drivers.txt" | while read -r path; do
  (cd "$modules" && find "kernel/$path" -name '*.ko*' 2>/dev/null) || true
done | sort -u >"$work/wanted"
awk -F'[: ]+' 'NR == FNR { wanted[$1] = 1; next } wanted[$1] { for (i = 1; i <= NF; i++) if ($i != "") print $i }' \
  "$work/wanted" "$modules/modules.dep" | sort -u >"$work/kept"
(cd "$modules" && find kernel -name '*.ko*' | sort | comm -23 - "$work/kept" | xargs -r rm)
depmod -b "$tree" "$release"

# Files that nothing here reads.
cd "$tree"
rm -rf boot/* usr/share/{doc,man,info,locale,lintian,bash-completion,zoneinfo,zsh,perl5,bug,grub,consolefonts,keymaps} usr/lib/python3* \
  usr/lib/x86_64-linux-gnu/{gconv,perl,perl-base,systemd} usr/lib/systemd/{system,user,catalog} lib/systemd/system var/lib/{apt,dpkg} var/cache/* var/log/* \
  usr/lib/udev/hwdb.* lib/udev/hwdb.* etc/udev/hwdb.* usr/lib/apt usr/bin/perl* usr/bin/{apt,dpkg}* usr/lib/dpkg usr/sbin/e2scrub* \
  usr/lib/x86_64-linux-gnu/libapt* etc/cron* etc/systemd sbin/ldconfig usr/share/polkit-1 usr/share/dbus-1 usr/lib/locale usr/lib/bfd-plugins \
  usr/share/i18n usr/share/terminfo/[a-kmnp-ru-wyzA-Z0-9]* usr/lib/kernel usr/lib/grub/i386-pc/*.module usr/lib/grub/x86_64-efi/*.module \
  usr/bin/python* usr/share/{perl,python3,pam,common-licenses,initramfs-tools,apport} usr/lib/xen-* usr/sbin/{xfs_scrub,tc,devlink,bridge}* \
  usr/bin/grub-{mkrescue,fstest,render-label,file,syslinux2cfg,mkstandalone,mkfont,mklayout,glue-efi}* usr/sbin/grub-{macbless,mkdevicemap}* \
  usr/lib/grub/x86_64-efi/monolithic usr/lib/grub/*/*.image "lib/modules/$release/build" "lib/modules/$release/source"
# Libraries that only what was taken away needed.
mkdir -p "$tree/proc" && chroot "$tree" sh -c 'find /usr/bin /usr/sbin /usr/lib/udev /usr/lib/openssh /usr/lib/systemd -type f -exec ldd {} \; 2>/dev/null |
  grep -o "/[^ ]*\.so[^ ]*" | sort -u | xargs readlink -f' | sed "s#^#$tree#" | sort -u >"$work/libraries"
find "$tree/usr/lib/x86_64-linux-gnu" -type f -name '*.so*' ! -name 'libnss_*' ! -name 'libgcc_s*' | sort | comm -23 - "$work/libraries" | xargs -r rm
find "$tree/usr/lib/x86_64-linux-gnu" -xtype l -delete
cp -a "$recipe/root/." "$tree/"
chown -R 0:0 "$tree/init" "$tree/usr/bin/sudo" "$tree/etc/ssh" "$tree/etc/passwd" "$tree/usr/lib/rescue"
chmod 755 "$tree/init" "$tree"/usr/lib/rescue/* "$tree/usr/bin/sudo"
chmod 644 "$tree"/etc/ssh/*
rm -rf "$tree/dev"
mkdir -p "$tree/dev" "$tree/proc" "$tree/sys" "$tree/run" "$tree/mnt" "$tree/tmp" "$tree/root" "$tree/etc/smartant"
rm -f "$tree"/etc/ssh/ssh_host_* "$tree/etc/resolv.conf" "$tree"/etc/machine-id
echo rescue >"$tree/etc/hostname"
echo '127.0.0.1 localhost rescue' >"$tree/etc/hosts"
# Arrays and volume groups are touched by the migration alone.
printf 'ARRAY <ignore> devices=*\nAUTO -all\n' >"$tree/etc/mdadm/mdadm.conf"
printf 'global { event_activation = 0 }\nactivation { auto_activation_volume_list = [] }\n' >"$tree/etc/lvm/lvmlocal.conf"
