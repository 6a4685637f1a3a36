/**
 * First process of a test host, in namespaces of its own (mount, process, network, host name, IPC): makes its root the machine's, and runs
 * sshd. $1: the folder of the host ($1/root is its file system); $2: its name.
 */
export const HOST_INIT = `
set -e
root=$1/root name=$2
shift 2
hostname "$name"
mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mkdir -p proc sys dev run tmp .outside
chmod 1777 tmp
[ ! -f "$root/../view" ] || mount -t overlay -o "lowerdir=$(cat "$root/../view"),upperdir=$root/../usr-upper,workdir=$root/../usr-work" overlay usr
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 dev dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
ln -s /proc/self/fd dev/fd
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777 shm dev/shm
mount -t tmpfs -o mode=755 run run
mkdir -p run/sshd run/lock
[ ! -f "$root/../mounts" ] || while read -r path size; do
  mkdir -p "./$path"
  mount -t tmpfs -o "size=\${size}m,mode=755" tmpfs "./$path"
done <"$root/../mounts"
pivot_root . .outside
umount -l /.outside
rmdir /.outside
tries=0
until ip link set eth0 up 2>/dev/null; do
  tries=$((tries + 1))
  [ $tries -lt 500 ]
  sleep 0.02
done
ip link set lo up
read -r address gateway </etc/test-address
ip address add "$address" dev eth0
ip route add default via "$gateway"
/usr/sbin/sshd -D -e "$@" &
# Orphans come to it.
while :; do wait; sleep 1; done
`;
