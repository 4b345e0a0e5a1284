#!/usr/bin/env bash
# Makes a machine of this one's files and hands it to INIT, as PID 1: namespace-init.sh WORK CGROUP REPOSITORY NODE INIT…
# Runs in new mount, PID, network, IPC and UTS namespaces; nothing that it or INIT does reaches the machine outside.
set -euo pipefail
work=$1 cgroup=$2 repository=$3 node=$4
shift 4

# /proc is still that of the namespace outside: who wants to enter needs the number that this process has there.
read -r pid _ </proc/self/stat
echo "pid $pid"

mount --make-rprivate /
mount -t tmpfs tmpfs "$work"
mkdir "$work"/{upper,work,root,cgroup}
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root"
cd "$work/root"

mount -t proc proc proc
# Settings of the kernel are the machine's, not the namespace's.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t tmpfs tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty kmsg; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

mkdir -p mnt/muster
mount --rbind "$repository" mnt/muster
[ -e usr/bin/node ] || touch usr/bin/node
mount --bind "$node" usr/bin/node

# None of the machine's own services, disks and boot steps: the journal is all that is wanted.
units=usr/lib/systemd/system
mount -t tmpfs tmpfs etc/systemd/system
mount -t tmpfs tmpfs usr/lib/systemd/system-generators
for target in sysinit sockets timers paths local-fs multi-user getty; do
  mkdir -p "$units/$target.target.wants"
  mount -t tmpfs tmpfs "$units/$target.target.wants"
done
ln -s ../systemd-journald.service "$units/sysinit.target.wants/"
ln -s ../systemd-journald.socket ../systemd-journald-dev-log.socket "$units/sockets.target.wants/"

mount -t cgroup2 cgroup2 "$work/cgroup"
mkdir "$work/cgroup/$cgroup"
echo $$ >"$work/cgroup/$cgroup/cgroup.procs"

export container=muster-test
# shellcheck disable=SC2016
exec unshare --cgroup bash -euc '
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mkdir .outside
  pivot_root . .outside
  umount -l /.outside
  exec "$@"
' bash "$@"
