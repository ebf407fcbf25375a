# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In the guest: real servers of the disk's Debian, and loads for them. They live in a chroot; hotdamon and what measures
# it stay outside. Sourced, not run.
. /add/guest.sh
. /add/ways.sh

DISK=/disk
REDIS_KEYS=320000     # as root made them
REDIS_HOT=10000       # more keys, side by side: those of a data file are not, as that is in the order of a hash
MEMCACHED_KEYS=280000 # 1 kB each
MEMCACHED_HOT=28000   # the first of them
BACKENDS=8            # of a database

# give_up WHY: with a status that is no command's.
give_up() {
	echo "real: $*"
	exit 125
}

mount_disk() {
	insmod /add/virtio_blk.ko || give_up 'no driver for the disk'
	wait_for 10 test -b /dev/vda || give_up 'no disk'
	mkdir -p $DISK /tmp/real
	mkdir -p /dev/shm && mount -t tmpfs shm /dev/shm
	chmod 1777 /tmp
	mount -t ext4 /dev/vda $DISK || give_up 'the disk cannot be mounted'
	for dir in proc sys dev dev/shm run tmp; do
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

# has_said NAME WORDS
has_said() { grep -q -- "$2" "/tmp/real/$1"; }
said_or_gone() { has_said "$1" "$2" || gone "$pid"; }

# wait_said SECONDS NAME WORDS: of what in_disk began last.
wait_said() {
	wait_for "$1" said_or_gone "$2" "$3"
	has_said "$2" "$3" || give_up "$2 does not say '$3' within $1 s: $(tail -n 3 "/tmp/real/$2")"
}

# start_java OPTION
start_java() {
	in_disk java java -Xms320m -Xmx320m "$1" -cp /srv Garbage 100000
	wait_said 120 java '^filled'
}

start_memcached() {
	# A crawl, for some seconds of each minute, would be in some of the looks at what is touched, and not in others.
	in_disk memcached memcached -u nobody -l 127.0.0.1 -m 1024 -o no_lru_crawler
	/add/kvload --kind memcached --load fill --keys $MEMCACHED_KEYS || give_up 'memcached could not be filled'
}

# It refuses root; all of the table is read before the load begins.
start_postgres() {
	bin=$(cd $DISK && echo usr/lib/postgresql/*/bin)
	in_disk postgres /usr/sbin/chroot --userspec=postgres / /"$bin"/postgres -D /srv/postgres -F -k /tmp -c shared_buffers=256MB
	postmaster=$pid
	wait_said 120 postgres 'ready to accept connections'
	in_disk prewarm /"$bin"/psql -q -h /tmp -U postgres postgres -c "
		SELECT pg_prewarm('pgbench_accounts'), pg_prewarm('pgbench_accounts_pkey')"
	wait "$pid" || give_up "$(tail -n 3 /tmp/real/prewarm)"
	pid=$postmaster
}

start_mariadb() {
	in_disk mariadb mariadbd --no-defaults --user=mysql --datadir=/srv/mariadb --socket=/tmp/mariadb \
		--skip-networking --innodb-buffer-pool-size=256M
	wait_said 120 mariadb 'ready for connections'
	wait_said 120 mariadb 'pool(s) load completed'
}

# start_server NAME: its pid goes to $SERVER_PID.
start_server() {
	case $1 in
	redis) in_disk redis redis-server --dir /srv/redis --dbfilename keys.rdb --save '' ;;
	memcached) start_memcached ;;
	postgres) start_postgres ;;
	mariadb) start_mariadb ;;
	java-g1) start_java -XX:+UseG1GC ;;
	java-parallel) start_java -XX:+UseParallelGC ;;
	java-zgc) start_java -XX:+UseZGC ;;
	*) give_up "no server $1" ;;
	esac
	SERVER_PID=$pid
}

# server_pids: of the server, and of its children.
server_pids() {
	echo "$SERVER_PID"
	awk -v parent="$SERVER_PID" '$1 == "PPid:" && $2 == parent { split(FILENAME, part, "/"); print part[3] }' \
		/proc/[0-9]*/status 2>/dev/null
}

loads() { has_said load '[0-9]' || gone "$LOAD_PID"; }

# start_kvload KIND SPREAD
start_kvload() {
	spread=$2 from=0
	case $1/$2 in
	redis/hot)
		# What the emulated TLB holds, and that is more, looks idle; two processes on one CPU drive it out.
		/add/kvload --kind redis --load fill --first $REDIS_KEYS --keys $REDIS_HOT || give_up 'no hot keys'
		spread=uniform from=$REDIS_KEYS keys=$REDIS_HOT
		taskset -pc 1 "$SERVER_PID" >/dev/null
		;;
	redis/*) keys=$REDIS_KEYS ;;
	memcached/hot) spread=uniform keys=$MEMCACHED_HOT ;;
	memcached/*) keys=$MEMCACHED_KEYS ;;
	esac
	/add/kvload --kind "$1" --load "$spread" --first $from --keys $keys >/tmp/real/load 2>&1 &
	pid=$!
	[ "$1/$2" != redis/hot ] || taskset -pc 1 $pid >/dev/null
}

# start_load NAME: the load of $SERVER, once it does its work; its pid goes to $LOAD_PID. Java is its own.
start_load() {
	LOAD=$1
	case $SERVER in
	redis | memcached) start_kvload "$SERVER" "$LOAD" ;;
	postgres) in_disk load /"$bin"/pgbench -h /tmp -U postgres -S -n -c $BACKENDS -T 100000 -P 5 postgres ;;
	mariadb)
		in_disk load sysbench oltp_point_select --mysql-socket=/tmp/mariadb --mysql-user=root --tables=1 \
			--table-size=1000000 --threads=$BACKENDS --time=100000 --report-interval=5 --percentile=100 run
		;;
	*) ln -sf java /tmp/real/load && pid=$SERVER_PID ;;
	esac
	LOAD_PID=$pid
	wait_for 150 loads
	alive "$LOAD_PID" || give_up "no load: $(tail -n 3 /tmp/real/load) $(tail -n 3 "/tmp/real/$SERVER")"
}

end_load() {
	[ "$LOAD_PID" = "$SERVER_PID" ] && return
	kill "$LOAD_PID"
	wait_for 10 gone "$LOAD_PID"
}

# longest_ms FIRST: in the load's own lines from that one on, or nothing.
longest_ms() {
	tail -n "+$1" /tmp/real/load |
		sed -n 's/.*longest_ms \([0-9]*\).*/\1/p; s/.*lat (ms,100%): \([0-9]*\).*/\1/p' | sort -n | tail -n 1
}
