#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# damo beside hotdamon: each of its commands answers, the kdamonds go on, what damo changes is told, and all is undone.
. /add/guest.sh

ROOT=/tmp/damo # where damo lives

unpack() {
	mkdir -p $ROOT
	tar -xf /add/damo.tar -C $ROOT
	for dir in proc sys dev; do
		mount --rbind /$dir $ROOT/$dir
	done
}

# damo OPTION...: what it says goes to $T/damo.
damo() {
	chroot $ROOT /usr/bin/env HOME=/root PATH=/usr/bin:/usr/sbin damo "$@" >$T/damo 2>&1
}

show() {
	[ -z "$SHOW" ] || { echo "  \$ $1" && sed 's/^/  | /' "$2" | head -n 60 | cut -c 1-200; }
}

# answers WORDS OPTION...: damo ends with 0 and says that; then both are watched.
answers() {
	words=$1
	shift
	began=$(now_cs)
	damo "$@"
	status=$?
	took="$took $2 $(seconds_since "$began") s,"
	show "damo $*" $T/damo
	[ $status -eq 0 ] || fail "damo $* ended with $status: $(tail -n 2 $T/damo)"
	grep -q -- "$words" $T/damo || fail "damo $* does not say '$words': $(head -n 5 $T/damo)"
	wait_for 15 both_work || fail "after damo $* watched are '$(watched)', with kdamonds '$(kdamonds)'"
}
kdamonds() { echo "$(target first kdamond_pid) $(target second kdamond_pid)"; }
both_work() {
	has_kdamond first && has_kdamond second && for pid in $(kdamonds); do
		alive "$pid" || return 1
	done
}

# begin: hotdamon watches two. What a first damo finds out of DAMON it finds out while no kdamond runs, and keeps.
begin() {
	[ -d $ROOT ] || unpack
	damo report sysinfo || fail "damo report sysinfo: $(cat $T/damo)"
	show 'damo report sysinfo' $T/damo
	remember_state
	load first --mem 64 --hot 24
	load second --mem 64 --hot 24 --duty 50
	start_daemon --stop-damon-stat --interval 1 --top 2 "$@"
	wait_for 40 both_work || fail "watched are '$(watched)'"
	before=$(kdamonds)
}

# ended: as it began, and hotdamon says in its log what it saw.
ended() {
	stop_daemon
	must_be_unchanged 'at the end'
	show 'hotdamon run' $LOG
	show 'hotdamon run, warnings' $ERRORS
}

test_five_commands() {
	took=
	# shellcheck disable=SC2086 # words
	begin $BUDGET
	wait_for 30 stand_ins 6 || fail "empty seats are off: $(cat $DAMON/*/state | tr '\n' ' ')"
	answers 'version' report sysinfo
	answers 'kdamond 1' report damon
	answers 'total size' report access
	[ "$(kdamonds)" = "$before" ] || fail "the kdamonds were $before, now they are $(kdamonds)"
	logged 'somebody else writes to its seat' || fail 'that damo added a scheme is not told'
	wait_for 20 logged 'is as it was again' || fail 'that it took it away is not told'
	answers '' record --timeout 5 --out /root/damon.data
	answers '' report heatmap --input /root/damon.data
	[ -s $T/damo ] || fail 'there is no heatmap'
	answers 'total size' report access
	[ "$(kdamonds)" = "$before" ] || fail "the kdamonds were $before, now they are $(kdamonds)"
	wait_for 60 three_quarters first 24 || fail "$(hot_and_cold first)"
	ended
	ok "$(echo "$took" | sed 's/,$//'); kdamonds $before went on"
}
# stand_ins NUMBER: so many kdamonds beside the two.
stand_ins() { [ "$(grep -c on $DAMON/*/state | grep -c ':1$')" = $(($1 + 2)) ]; }

schemes() { cat $DAMON/0/contexts/0/schemes/nr_schemes 2>/dev/null; }
has_schemes() { [ "$(schemes)" = "$1" ]; }

# broken_off: damo is killed while its scheme is in all seats.
broken_off() {
	damo report access &
	damo=$!
	wait_for 60 has_schemes 3 || fail "damo adds no scheme: $(cat $T/damo)"
	sleep 0.5
	# shellcheck disable=SC2046 # pids
	kill -9 $damo $(pidof python3 damo)
	wait $damo
	has_schemes 3 || fail "it was over before: $(schemes) schemes"
}

test_broken_off() {
	begin
	broken_off
	wait_for 20 logged 'somebody else writes to its seat' || fail 'it is not told'
	wait_for 150 logged 'set again as it was' || fail "it is not set again: $(schemes) schemes"
	wait_for 20 has_schemes 2 || fail "there are $(schemes) schemes"
	both_work || fail "watched are '$(watched)'"
	[ "$(kdamonds)" = "$before" ] || fail "the kdamonds were $before, now they are $(kdamonds)"
	broken_off
	ended
	ok "set again; $(sed -n 's/.*first[^:]*: somebody/somebody/p' $ERRORS | head -n 1)"
}

test_kill_9_with_its_scheme() {
	begin
	broken_off
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null
	expect 0 hotdamon cleanup
	must_be_unchanged 'cleanup after kill -9'
	ok "$(cat $T/said)"
}

test_stop() {
	begin
	damo stop || fail "damo stop ended with $?: $(cat $T/damo)"
	show 'damo stop' $T/damo
	wait_for 30 other_kdamonds || fail "kdamonds were $before, now $(kdamonds): $(cat $T/damo)"
	logged 'first.*has ended, and the process has not' || fail 'it is not told'
	[ "$(kdamonds)" != "$before" ] || fail 'they were not stopped'
	wait_for 30 stand_ins 6 || fail "empty seats are off: $(cat $DAMON/*/state | tr '\n' ' ')"
	after=$(kdamonds)
	damo start "$(target first pid)" && fail 'damo start takes the seats'
	show 'damo start' $T/damo
	damo tune --monitoring_intervals 10ms 200ms 2s "$(target first pid)"
	show 'damo tune' $T/damo
	both_work && [ "$(kdamonds)" = "$after" ] || fail "then the kdamonds are $(kdamonds)"
	ended
	ok "kdamonds $before, then $after"
}
other_kdamonds() { both_work && [ "${before#* }" != "$(target second kdamond_pid)" ] && [ "${before% *}" != "$(target first kdamond_pid)" ]; }

run_tests five_commands broken_off kill_9_with_its_scheme stop
