#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Where DAMON looks: what else lies in the address space does not blind it, and what comes anew is seen soon.
. /add/guest.sh

BUDGET="$BUDGET --quota-ms 1000"

# run_on PID EXECUTOR
run_on() {
	daemon_stat=
	[ ! -e $DAMON_STAT ] || daemon_stat=--stop-damon-stat
	# shellcheck disable=SC2086 # words
	start_daemon --executor "$2" --interval 1 --pid "$1" $BUDGET $daemon_stat
}

most() { [ "$(truth "$1" hot_huge_bytes)" -ge $((24 * MIB / 100 * 95)) ]; }

# becomes_huge NAME SECONDS
becomes_huge() {
	began=$(now_cs)
	wait_for "$2" most "$1" || fail "after $2 s $(hot_and_cold "$1"); $(look && target "$1" descent.reason)"
	took=$(seconds_since "$began")
	few_cold "$1"
}

told_ranges() { echo "$(target "$1" ranges.count) ranges, $(($(target "$1" ranges.bytes) / MIB)) MiB"; }

# watches_little NAME MIB: no more than that.
watches_little() { look && [ "$(target "$1" ranges.bytes)" -le $(($2 * MIB)) ]; }

finish() {
	look || fail 'no status'
	no_complaints
	said=$(told_ranges "$1")
	stop_daemon
	ok "$took s; $(hot_and_cold "$1"); $said"
}

# beside NAME EXECUTOR OPTION...
beside() {
	name=$1 executor=$2
	shift 2
	load "$name" --mem 256 --hot 24 --hot-at 160 "$@"
	run_on "$pid" "$executor"
	becomes_huge "$name" 30
	watches_little "$name" 280 || fail "$(told_ranges "$name")"
	finish "$name"
}

test_beside_a_reservation() { beside reserve madvise --reserve 8192; }
test_beside_many_mappings() { beside many madvise --beside 3000; }
test_damos_beside_a_reservation() {
	beside damos damos --reserve 8192
}

# 1 GiB that is filled over ten seconds, while it is watched; the last of it becomes hot.
test_heap_that_grows() {
	workload --name grows --report 1 --report-file $T/grows.truth --mem 1024 --fill 10 --hot 24 --hot-at 990 \
		--reserve 8192 &
	pid=$!
	echo "$pid" >>$T/pids
	run_on "$pid" madvise
	wait_for 60 test -s $T/grows.truth || fail 'the workload does not begin'
	becomes_huge grows 30
	finish grows
}

# The new program's memory is elsewhere.
test_exec() {
	load execs --mem 256 --hot 24 --hot-at 160 --reserve 8192 --exec-after 1000
	run_on "$pid" madvise
	becomes_huge execs 30
	kill -HUP "$pid"
	wait_for 30 not most execs || fail 'it does not exec'
	becomes_huge execs 30
	finish execs
}

run_tests beside_a_reservation beside_many_mappings damos_beside_a_reservation heap_that_grows exec
