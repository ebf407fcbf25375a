#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Fifty processes at once, each with a kdamond of its own.
. /add/guest.sh

N=50

# all_watched: $N targets with kdamonds of their own.
all_watched() {
	look || return 1
	awk '$1 ~ /^targets\.[0-9]+\.kdamond_pid$/ && $2 + 0 > 0 { print $2 }' $T/flat | sort -u >$T/kdamonds
	[ "$(wc -l <$T/kdamonds)" -eq $N ]
}

test_fifty_targets() {
	remember_state
	for i in $(seq $N); do
		workload --name "w$i" --mem 4 --duty 2 &
		echo $! >>$T/pids
	done
	start_daemon --stop-damon-stat --interval 2 --top $N --min-anon 2 --min-cpu 0.2 --sample-us 20000 --aggr-us 400000
	if ! wait_for 40 all_watched; then
		fail "$(wc -l <$T/kdamonds) of $N have a kdamond"
	fi
	after=$(seconds_since "$ready_at")
	while read -r kdamond; do
		alive "$kdamond" || fail "kdamond $kdamond does not live"
	done <$T/kdamonds
	cp $T/kdamonds $T/before.kdamonds
	# A step asks and tells each kdamond in turn: fifty of them take an emulated machine seconds.
	tick=$(status_of tick)
	ticks_at=$(now_cs)
	wait_for 60 ticked $((tick + 2)) || fail "no two ticks in 60 s"
	pace=$(seconds_since "$ticks_at")
	all_watched || fail "later $(wc -l <$T/kdamonds) of $N have a kdamond"
	cmp -s $T/before.kdamonds $T/kdamonds || fail "the kdamonds changed"
	no_complaints
	stopping=$(now_cs)
	stop_daemon
	took=$(seconds_since "$stopping")
	logged 'sums: .* 0 failed acts on DAMON' || fail "$(grep sums: $LOG)"
	must_be_unchanged 'at the end'
	ok "$N kdamonds after $after s; 2 ticks of 2 s in $pace s; stopped in $took s; $(sed -n 's/.*sums: //p' $LOG)"
}

run_tests fifty_targets
