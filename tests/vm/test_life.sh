#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What happens to a watched process: it ends, executes another program, loses its first thread, is stopped.
. /add/guest.sh

mostly_huge() { [ "$(truth "$1" hot_huge_bytes)" -ge $(($2 * MIB / 2)) ]; }

test_ends() {
	remember_state
	start_daemon --stop-damon-stat --interval 1 --top 2
	load short --mem 48
	short=$pid
	load long --mem 48
	wait_for 15 watches 'long short' || fail "watched are '$(watched)', not long and short"
	has_kdamond short || fail 'short has no kdamond'
	has_kdamond long || fail 'long has no kdamond'
	seat=$(target short seat) kdamond=$(target short kdamond_pid) other=$(target long kdamond_pid)
	kill -TERM "$short"
	wait "$short"
	ended_at=$(now_cs)
	wait_for 5 watches long || fail "watched are '$(watched)', not the other one"
	took=$(seconds_since "$ended_at")
	logged "out: short ($short) of [^,]*, seat $seat: .*ended" || fail 'its end is not told'
	gone "$kdamond" || fail "its kdamond $kdamond lives on"
	load next --mem 48
	wait_for 30 has_kdamond next || fail 'the next one is not watched'
	[ "$(target next seat)" = "$seat" ] || fail "the next one is in seat $(target next seat), not in $seat"
	[ "$(target long kdamond_pid)" = "$other" ] || fail 'the other one lost its kdamond'
	stop_daemon
	no_complaints
	must_be_unchanged 'at the end'
	ok "seat $seat was free after $took s and used again"
}

# Many ends at any moment of the daemon's work must be no storm of errors.
test_ends_at_any_moment() {
	remember_state
	start_daemon --stop-damon-stat --interval 1 --by process --top 4 --min-anon 4 --min-cpu 2
	for i in 1 2 3 4 5 6 7 8 9 10; do
		workload --name "brief$i" --mem 16 --exit-after "$((1 + i % 3)).$i" &
		echo $! >>$T/pids
		sleep 0.7
	done
	all_ended() { while read -r one; do gone "$one" || return 1; done <$T/pids; }
	wait_for 30 all_ended || fail 'not all workloads ended'
	wait_for 10 watches '' || fail "still watched are '$(watched)'"
	seen=$(grep -c ' in: brief' $LOG)
	[ "$seen" -ge 3 ] || fail "only $seen of 10 were watched"
	[ "$(complaints)" -le 1 ] || fail "complaints ($(complaints)): $(head -n 3 $ERRORS)"
	stop_daemon
	must_be_unchanged 'at the end'
	ok "$seen of 10 were watched, $(complaints) complaints"
}

# By its pid: the name may be the one that it has between its exec and its naming itself.
restarted() { logged "($1).*exec, a new program"; }

test_execs() {
	# shellcheck disable=SC2086 # words
	start_daemon --stop-damon-stat --interval 1 $BUDGET
	load execs --mem 48 --exec-after 1000
	execs=$pid
	wait_for 20 has_kdamond execs || fail 'it is not watched'
	kdamond=$(target execs kdamond_pid)
	wait_for 25 in_state execs holding || fail "it is '$(target execs descent.state)' before the exec"
	kill -HUP "$execs"
	wait_for 25 restarted "$execs" || fail 'its exec is not noticed'
	: >$T/execs.truth
	wait_for 5 test -s $T/execs.truth || fail 'the new program does not report'
	wait_for 25 mostly_huge execs 48 || fail "after the exec $(truth_mib execs hot_huge_bytes) of 48 MiB are huge"
	look
	[ "$(target execs pid)" = "$execs" ] || fail "watched are '$(watched)'"
	has_kdamond execs || fail 'it has no kdamond'
	stop_daemon
	no_complaints
	ok "kdamond $kdamond, then $(target execs kdamond_pid); $(truth_mib execs hot_huge_bytes) of 48 MiB huge after the exec"
}

leader_is_gone() { grep -q '^State:.Z' "/proc/$1/status"; }
another_kdamond() { has_kdamond "$1" && [ "$(target "$1" kdamond_pid)" != "$2" ]; }

test_leader_exits() {
	remember_state
	start_daemon --executor damos --stop-damon-stat --interval 1
	load headless --mem 48 --leader-exits 1000
	headless=$pid
	wait_for 20 has_kdamond headless || fail 'it is not watched'
	kdamond=$(target headless kdamond_pid)
	kill -HUP "$headless"
	wait_for 15 leader_is_gone "$headless" || fail 'its leader does not exit'
	wait_for 8 another_kdamond headless "$kdamond" || fail "its kdamond is still $kdamond"
	tid=$(cat "$DAMON/$(target headless seat)/contexts/0/targets/0/pid_target")
	[ "$tid" != "$headless" ] && [ -d "/proc/$headless/task/$tid" ] || fail "the kdamond's target is $tid"
	wait_for 25 mostly_huge headless 48 || fail "$(truth_mib headless hot_huge_bytes) of 48 MiB are huge"
	look
	case $(target headless collapse.huge_bytes) in
	'' | 0) fail 'the status knows of no huge memory' ;;
	esac
	stays 4 watches headless || fail "watched are '$(watched)' now"
	stop_daemon
	no_complaints
	must_be_unchanged 'at the end'
	ok "kdamond $kdamond, then on thread $tid; $(truth_mib headless hot_huge_bytes) of 48 MiB huge"
}

# Its leader was gone before it was ever watched.
test_leader_exited_before() {
	load headless --mem 48 --leader-exits 0.5
	wait_for 5 leader_is_gone "$pid" || fail 'its leader does not exit'
	start_daemon --executor damos --stop-damon-stat --interval 1
	wait_for 30 has_kdamond headless || fail 'it is not watched'
	wait_for 25 mostly_huge headless 48 || fail "$(truth_mib headless hot_huge_bytes) of 48 MiB are huge"
	stop_daemon
	no_complaints
	ok "$(truth_mib headless hot_huge_bytes) of 48 MiB huge"
}

run_tests ends ends_at_any_moment execs leader_exits leader_exited_before
