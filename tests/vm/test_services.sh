#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Services of many processes: all of them are served in the end, and one line tells of those that cannot be.
. /add/guest.sh

# By hand: more of them.
WORKERS=${WORKERS:-8} MEMBERS=${MEMBERS:-2} MIB_EACH=${MIB_EACH:-34}

# workers N OPTION...: so many of one name, each with its report.
workers() {
	n=$1
	shift
	for i in $(seq "$n"); do
		workload --name worker --report 1 --report-file "$T/worker$i.truth" "$@" &
		echo $! >>$T/pids
	done
	for i in $(seq "$n"); do
		wait_for 60 test -s "$T/worker$i.truth" || fail "worker $i does not begin"
	done
}

# served_workers MIB: of how many workers nine tenths of so much hot memory are huge.
served_workers() {
	served=0
	for i in $(seq "$WORKERS"); do
		[ "$(truth "worker$i" hot_huge_bytes)" -ge $(($1 * MIB / 10 * 9)) ] && served=$((served + 1))
	done
	echo $served
}
all_served() { [ "$(served_workers "$1")" = $WORKERS ]; }

# Lines of those that came in after the first one had left, but for that they came and went.
lines_of_later_ones() {
	awk '
		$3 == "out:" && $4 == "worker" && !left { left = $1 }
		$3 == "in:" && $4 == "worker" { later[$5] = left && $1 > left + 0.5; n += later[$5] }
		$3 == "worker" && later[$4] { more++ }
		END { print n + 0, more + 0 }' $LOG
}

# Two seats for eight workers, none of which uses much CPU: each has its stint, and they are one service.
test_all_workers_are_served() {
	remember_state
	workers "$WORKERS" --mem "$MIB_EACH"
	# shellcheck disable=SC2086 # words
	start_daemon --stop-damon-stat --interval 1 --top 1 --members "$MEMBERS" $BUDGET
	wait_for 20 has_kdamond worker || fail "watched are '$(watched)'; skipped for '$(skipped worker reason)'"
	[ "$(status_of seats)" = $MEMBERS ] || fail "there are $(status_of seats) seats"
	[ "$(target worker service.name)" = 'worker of root' ] || fail "the service is '$(target worker service.name)'"
	[ "$(target worker service.processes)" = $WORKERS ] || fail "the service has $(target worker service.processes) processes"
	own=$(target worker cpu_pct) all=$(target worker service.cpu_pct)
	[ "${all%.*}" -ge $((${own%.*} * 2)) ] || fail "the service uses $all % of a CPU, one worker $own %"
	wait_for 180 all_served "$MIB_EACH" || fail "$(served_workers "$MIB_EACH") of $WORKERS are served after 180 s: $(target worker descent.reason)"
	took=$(seconds_since "$ready_at")
	had_stints() { look && [ "$(target worker service.watched_before)" -ge $((WORKERS - MEMBERS)) ]; }
	wait_for 60 had_stints || fail "status knows of $(target worker service.watched_before) that were watched before"
	logged 'out: worker.*nothing is left to do for now, and pid [0-9]* of its service waits' || fail 'no stint is told'
	[ "$(grep -c 'skipped: worker' $LOG)" = 0 ] || fail 'who waits is told'
	stints=$(lines_of_later_ones)
	[ "${stints%% *}" -ge 2 ] && [ "${stints#* }" = 0 ] || fail "of later stints, and lines between their two: $stints"
	no_complaints
	stop_daemon
	must_be_unchanged 'at the end'
	ok "$WORKERS workers in $took s, $MEMBERS at a time; the service used $all % of a CPU, one worker $own %"
}

# Forty that are too small, and some that end as soon as they begin: a line each, of log and of status.
test_one_line_for_each() {
	start_daemon --stop-damon-stat --interval 1
	(while :; do workload --name brief --mem 40 --exit-after 0.3; done) &
	echo $! >>$T/pids
	for _ in $(seq 20); do
		workload --name tiny --mem 4 --duty 20 &
		echo $! >>$T/pids
	done
	wait_for 30 skips tiny 'anonymous memory of [0-9]* MiB is below' || fail "tiny is skipped for '$(skipped tiny reason)'"
	wait_for 30 skips brief 'too short-lived: its processes live for [0-9.]* s on average' ||
		fail "brief is skipped for '$(skipped brief reason)'"
	look
	tick=$(status_of tick)
	wait_for 30 ticked $((tick + 8)) || fail 'it does not tick'
	[ "$(skipped tiny service.processes)" -ge 20 ] || fail "tiny has $(skipped tiny service.processes) processes"
	[ "$(grep -c '\.comm tiny$' $T/flat)" = 1 ] || fail 'tiny has more than one row'
	[ "$(grep -c 'skipped: tiny ([0-9]*) of root and [0-9]* more' $LOG)" = 1 ] || fail "tiny: $(grep tiny $LOG)"
	[ "$(grep -c ': brief' $LOG)" -le 1 ] || fail "brief: $(grep brief $LOG)"
	logged 'in: ' && fail "somebody came in: $(grep 'in: ' $LOG)"
	no_complaints
	stop_daemon
	ok "$(sed -n 's/.*skipped: //p' $LOG | tr '\n' ';')"
}

run_tests all_workers_are_served one_line_for_each
