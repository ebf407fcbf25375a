# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In the guest: real servers of the disk's Debian, and loads for them. They live in a chroot; hotdamon and what measures
# it stay outside. Sourced, not run.
. /add/guest.sh

DISK=/disk
REDIS_KEYS=320000     # as root made them
REDIS_HOT=10000       # keys, side by side
MEMCACHED_KEYS=280000 # 1 kB each
MEMCACHED_HOT=28000

# give_up WHY: with a status that is no command's.
give_up() {
	echo "real: $*"
	exit 125
}

mount_disk() {
	insmod /add/virtio_blk.ko || give_up 'no driver for the disk'
	wait_for 10 test -b /dev/vda || give_up 'no disk'
	mkdir -p $DISK /tmp/real
	mount -t ext4 /dev/vda $DISK || give_up 'the disk cannot be mounted'
	for dir in proc sys dev run tmp; do
		mount --bind /$dir $DISK/$dir
	done
}

# in_disk NAME COMMAND...: its pid goes to $pid, what it says to /tmp/real/NAME.
in_disk() {
	said=/tmp/real/$1
	shift
	chroot $DISK "$@" </dev/null >"$said" 2>&1 &
	pid=$!
}

has_filled() { grep -q '^filled' /tmp/real/java; }

# start_java OPTION
start_java() {
	in_disk java java -Xms320m -Xmx320m "$1" -cp /srv Garbage 100000
	wait_for 120 has_filled || give_up "java does not begin: $(tail -n 3 /tmp/real/java)"
}

# start_server NAME: its pid goes to $SERVER_PID.
start_server() {
	case $1 in
	redis) in_disk redis redis-server --dir /srv/redis --dbfilename keys.rdb --save '' ;;
	memcached) in_disk memcached memcached -u nobody -l 127.0.0.1 -m 1024 ;;
	java-g1) start_java -XX:+UseG1GC ;;
	java-parallel) start_java -XX:+UseParallelGC ;;
	*) give_up "no server $1" ;;
	esac
	SERVER_PID=$pid
	[ "$1" != memcached ] || /add/kvload --kind memcached --load fill --keys $MEMCACHED_KEYS ||
		give_up 'memcached could not be filled'
}

loads() { [ -s /tmp/real/load ] || gone "$LOAD_PID"; }

# start_load NAME: the load of $SERVER, once it does its work; its pid goes to $LOAD_PID.
start_load() {
	LOAD=$1 LOAD_PID=$SERVER_PID
	case $SERVER in
	redis) keys=$REDIS_KEYS hot=$REDIS_HOT ;;
	memcached) keys=$MEMCACHED_KEYS hot=$MEMCACHED_HOT ;;
	*) return 0 ;;
	esac
	: >/tmp/real/load
	/add/kvload --kind "$SERVER" --load "$LOAD" --keys $keys --hot $hot >/tmp/real/load 2>&1 &
	LOAD_PID=$!
	wait_for 150 loads
	alive "$LOAD_PID" || give_up "no load: $(cat /tmp/real/load) $(tail -n 3 "/tmp/real/$SERVER")"
}

end_load() {
	[ "$LOAD_PID" = "$SERVER_PID" ] && return
	kill "$LOAD_PID"
	wait_for 10 gone "$LOAD_PID"
}
