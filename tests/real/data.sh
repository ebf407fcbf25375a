# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2016 # scripts in quotes are for an inner shell
# The data sets of the real servers, each made by its own server, over the loopback of an empty network. Sourced by root.
# Each function takes the tree, and leaves the data below its /srv.

REDIS_KEYS=320000 # 1 kB each
POSTGRES_SCALE=16 # 100,000 rows each: 240 MiB with the index
MARIADB_ROWS=1000000 # 230 MiB

make_redis_data() {
	mkdir -p "$1/srv/redis" || return
	apart "$1" '
		busybox ip link set lo up
		chroot $1 redis-server --dir /srv/redis --dbfilename keys.rdb --save "" --daemonize no >/dev/null &
		"$2" --kind redis --load fill --keys "$3"
		chroot $1 redis-cli shutdown save
		wait $!' "$REDIS_KEYS" --net
}

# As its own user, as it refuses root.
make_postgres_data() {
	rm -rf "$1/srv/postgres" && chroot "$1" install -d -o postgres /srv/postgres || return
	apart "$1" '
		tree=$1 bin=$(cd "$1" && echo usr/lib/postgresql/*/bin)
		as_postgres() { chroot --userspec=postgres "$tree" "$@"; }
		as_postgres /$bin/initdb -D /srv/postgres -A trust --no-sync >/dev/null
		as_postgres /$bin/postgres -F -D /srv/postgres -k /tmp -c listen_addresses= -c max_wal_size=2GB &
		until as_postgres /$bin/pg_isready -q -h /tmp; do sleep 0.2; done
		as_postgres /$bin/pgbench -h /tmp -i -q -s "$3" postgres
		as_postgres psql -q -h /tmp -c "CREATE EXTENSION pg_prewarm" postgres
		as_postgres /$bin/pg_ctl -D /srv/postgres -m fast stop
		wait $!' "$POSTGRES_SCALE" --net
}

# It is to read all of its pool at the next start.
make_mariadb_data() {
	rm -rf "$1/srv/mariadb" && chroot "$1" install -d -o mysql /srv/mariadb || return
	apart "$1" '
		tree=$1
		in_tree() { chroot "$tree" "$@"; }
		in_tree mariadb-install-db --no-defaults --user=mysql --datadir=/srv/mariadb \
			--auth-root-authentication-method=normal --skip-test-db >/dev/null
		in_tree mariadbd --no-defaults --user=mysql --datadir=/srv/mariadb --socket=/tmp/mariadb --skip-networking \
			--innodb-buffer-pool-size=256M --innodb-log-file-size=32M --innodb-flush-log-at-trx-commit=0 \
			--innodb-buffer-pool-dump-pct=100 &
		until in_tree mariadb-admin --socket=/tmp/mariadb --silent ping 2>/dev/null; do sleep 0.2; done
		in_tree mariadb --socket=/tmp/mariadb -e "CREATE DATABASE sbtest"
		in_tree sysbench oltp_point_select --mysql-socket=/tmp/mariadb --mysql-user=root --tables=1 \
			--table-size="$3" prepare >/dev/null
		in_tree mariadb-admin --socket=/tmp/mariadb shutdown
		wait $!' "$MARIADB_ROWS" --net
}

make_java() {
	cp "$here/Garbage.java" "$1/srv/" || return
	apart "$1" 'chroot $1 javac -d /srv /srv/Garbage.java' '' --net
}
