#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A process that holds the lock of its memory stops nobody but itself: see stuck_load.c.
. /add/guest.sh

silent() { "$@" >/dev/null 2>&1; }

# stuck_load: its pids go to $server and $held. Whoever looks at its directory may wait, so it is nowhere where others look.
stuck_load() {
	umount -l /held 2>/dev/null
	/add/stuck_load /held held 64 >$T/held.pids || fail 'no file system of ours can be mounted'
	read -r server held <$T/held.pids
	echo "$server" >>$T/pids
	echo "$held" >>$T/pids
}

# Whatever waits is let go first: what is killed in the kernel ends only then.
let_go() { kill -USR2 "$server"; }

is_stuck() { look && [ "$(entry stuck "$held")" != '' ]; }
is_free() { look && [ "$(entry stuck "$held")" = '' ]; }

# get_stuck: until the daemon knows.
get_stuck() {
	kill -USR1 "$held"
	wait_for 30 is_stuck || fail "status does not tell that it is stuck: $(cat $T/status)"
}

# took_within SECONDS STATUS COMMAND...: its time goes to $took.
took_within() {
	bound=$1
	shift
	began=$(now_cs)
	expect "$@"
	took=$(seconds_since "$began")
	echo "$took $bound" | awk '{ exit !($1 <= $2) }' || fail "'$*' took $took s, more than $bound"
}

plus() { echo "$1 $2" | awk '{ print $1 + $2 }'; }

# The other one is hot: what pays of it becomes huge while the first one is stuck.
test_one_that_is_stuck_stops_nobody() {
	remember_state
	stuck_load
	# shellcheck disable=SC2086 # words
	start_daemon --stop-damon-stat --interval 1 --min-mem 16 $BUDGET
	wait_for 30 has_kdamond held || fail 'it is not watched'
	took_within 60 0 hotdamon top -n 1 -d 1
	top_before=$took
	get_stuck
	load other --mem 48 --hot 24 --duty 60
	wait_for 60 three_quarters other 24 || fail "of the other one $(hot_and_cold other)"
	tick=$(status_of tick)
	wait_for 20 ticked $((tick + 3)) || fail 'no ticks any more'
	[ "$(target held pid)" = '' ] || fail 'it is still watched'
	expect 0 hotdamon status
	must_say 'held .* for .* s; the kdamond of seat [0-9] cannot be stopped'
	told=$(sed -n 's/^ *\([0-9]* held .*\)/\1/p' $T/said)
	took_within "$(plus "$top_before" 3)" 0 hotdamon top -n 1 -d 1
	top=$took
	# What lies behind its lock is not known, the rest is; and that of another one is all the same.
	took_within 60 0 hotdamon explain "$held"
	must_say '? pages: not known: it does not answer'
	must_say '[+] opt-out: '
	took_within 60 1 hotdamon map "$held"
	took_within 60 0 hotdamon explain other
	must_say ' slots of 2 MiB have memory: '
	ending=$(now_cs)
	kill -TERM "$daemon"
	wait_for 10 gone "$daemon" || fail "it lives 10 s after SIGTERM: $(grep State /proc/"$daemon"/status)"
	end=$(seconds_since "$ending")
	wait "$daemon"
	[ $? -eq 1 ] || fail 'it ended as if all had been undone'
	logged "process $held, which it watches, holds the lock" || fail 'what could not be undone is not named'
	took_within 15 1 hotdamon cleanup
	must_say "process $held, which it watches, holds the lock"
	cleanup=$took
	let_go
	wait_for 30 silent hotdamon cleanup || fail 'after it let go cleanup ends with 1'
	must_be_unchanged 'at the end'
	ok "$told; top took $top s, $top_before before, the end $end s, cleanup $cleanup s"
}

# It is watched again once it lets go.
test_one_that_lets_go_is_watched_again() {
	remember_state
	stuck_load
	# shellcheck disable=SC2086 # words
	start_daemon --stop-damon-stat --interval 1 --min-mem 16 $BUDGET
	wait_for 30 has_kdamond held || fail 'it is not watched'
	get_stuck
	let_go
	wait_for 30 is_free || fail 'it is stuck for ever'
	wait_for 60 has_kdamond held || fail 'it is not watched again'
	logged "held ($held) is stuck: it holds the lock" && logged "held ($held) is no longer stuck" ||
		fail 'the log does not say so'
	[ "$(cat $LOG $ERRORS | grep -c "held ($held) is stuck")" -eq 1 ] || fail 'it is said more than once'
	stop_daemon
	must_be_unchanged 'at the end'
	ok "$(sed -n 's/.*\(no longer stuck\)/\1/p' $LOG $ERRORS | head -n 1)"
}

# A daemon that is stopped, or hangs, is not taken for a healthy one.
test_status_tells_that_nothing_ticks() {
	start_daemon --stop-damon-stat --interval 1
	expect 0 hotdamon status
	kill -STOP "$daemon"
	wait_for 30 not silent hotdamon status || fail 'status says nothing'
	expect 1 hotdamon status
	must_say 'the last tick was [0-9]* s ago'
	said=$(tail -n 1 $T/said.err)
	kill -CONT "$daemon"
	wait_for 30 silent hotdamon status || fail 'nor that it goes on'
	ok "$said"
}

goes_on() {
	look
	tick=$(status_of tick)
	wait_for 30 ticked $((tick + 3)) || fail "no ticks any more $1"
}

# The time of day jumps, processors go and come back.
test_clock_and_processors_jump() {
	cpu=/sys/devices/system/cpu/cpu1/online
	[ -w $cpu ] || fail 'the second processor cannot be taken away'
	load steady --mem 48 --duty 20
	# shellcheck disable=SC2086 # words
	start_daemon --stop-damon-stat --interval 1 $BUDGET
	wait_for 30 has_kdamond steady || fail 'it is not watched'
	was=$(date +%s)
	for at in $((was + 864000)) $((was - 86400)) "$was"; do
		date -s "@$at" >/dev/null
		goes_on "after the time of day became $at"
	done
	echo 0 >$cpu
	goes_on 'after a processor went'
	echo 1 >$cpu
	goes_on 'after it came back'
	has_kdamond steady || fail 'it is watched no more'
	no_complaints
	stop_daemon
	ok "ticks $(status_of tick)"
}

run_tests one_that_is_stuck_stops_nobody one_that_lets_go_is_watched_again status_tells_that_nothing_ticks \
	clock_and_processors_jump
