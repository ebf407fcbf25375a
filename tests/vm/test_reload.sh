#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A reload beside kdamonds at work: what is not concerned is left intact.
. /add/guest.sh

CONFIG=$T/hotdamon.conf

# settle LINE...: the configuration file, with these lines at its end; `top` is in line 2.
settle() {
	top=$1
	shift
	printf '%s\n' '[run]' "top = $top" 'by = process' 'interval = 1' 'stop-damon-stat = yes' 'monitor-cpu-pct = 0' \
		'stall-budget-us = 1000000' 'payback = 200000' "$@" >$CONFIG
}

# reload TOP LINE...: with another file.
reload() { settle "$@" && kill -HUP "$daemon"; }

have_collapsed() { look && [ "$(target one collapse.succeeded)" -gt 0 ] && [ "$(target two collapse.succeeded)" -gt 0 ]; }
is_skipped() { look && [ -n "$(entry skipped "$1")" ]; }
seats_of_both() { for name in one two; do echo "$name $(target $name seat) $(target $name kdamond_pid) $(target $name start_time_ns)"; done; }

# both_stay: in their seats, with the kdamonds that they had, which run, and with what was known of them.
both_stay() {
	have_collapsed || fail 'what they collapsed is forgotten'
	[ "$(seats_of_both)" = "$before" ] || fail "seats and kdamonds were $before; they are $(seats_of_both)"
	for name in one two; do
		[ "$(cat "$DAMON/$(target $name seat)/pid")" = "$(target $name kdamond_pid)" ] || fail "another kdamond runs for $name"
	done
}

one_is_watched() { look && [ "$(watched | wc -w)" -eq 1 ]; }

# Two busy workloads, each with a kdamond that made memory huge; a third waits for a seat. $before is what must stay.
begin() {
	remember_state
	settle 2
	# Without a terminal, as a service.
	setsid hotdamon run --config $CONFIG >>$LOG 2>>$ERRORS &
	daemon=$!
	echo "$daemon" >>$T/daemons
	wait_for 60 ready || fail 'the daemon is not ready within 60 s'
	load one --mem 64
	load two --mem 64
	wait_for 30 watches 'one two' || fail "watched are '$(watched)', not one and two"
	wait_for 60 have_collapsed || fail 'nothing became huge in them'
	before=$(seats_of_both)
	load three --mem 48
	wait_for 20 is_skipped three || fail 'three is not told to wait for a seat'
}

test_reload_leaves_kdamonds_alone() {
	begin
	reload 3
	wait_for 20 has_kdamond three || fail 'three does not come in'
	both_stay
	no_complaints
	reload 3 '[rule three]' 'match = comm=three' 'watch = no'
	wait_for 20 watches 'one two' || fail "watched are '$(watched)', though a rule leaves three out"
	logged 'out: three.*left out by rule three (comm=three)' || fail 'the reason is not said'
	both_stay
	reload 1
	wait_for 20 logged 'out: .*the coldest of those that are watched, and --top is 1 now' || fail 'nobody leaves'
	wait_for 20 one_is_watched || fail "watched are '$(watched)', not one of them"
	gone_kdamond=$(echo "$before" | grep -v "^$(watched) " | cut -d ' ' -f 3)
	gone "$gone_kdamond" || fail 'its kdamond lives on'
	echo "$before" | grep -q "^$(watched) $(target "$(watched)" seat) $(target "$(watched)" kdamond_pid) " ||
		fail "the one that stays had $before, and has kdamond $(target "$(watched)" kdamond_pid)"
	no_complaints
	stop_daemon
	must_be_unchanged 'at the end'
	ok "top 2, 3, 1 and a rule: $(echo "$before" | tr '\n' ' ')"
}

test_wrong_file_changes_nothing() {
	begin
	reload 3 'max-huge-mib = 1' 'topp = 4'
	wait_for 20 logged "reload: $CONFIG:10: 'topp' is no option; is top meant?" || fail 'the mistake is not named'
	logged "reload: $CONFIG:9: max-huge-mib wants" || fail 'the other mistake is not named'
	look
	tick=$(status_of tick)
	wait_for 20 ticked $((tick + 3)) || fail 'no more ticks'
	watches 'one two' || fail "watched are '$(watched)': the wrong file holds"
	both_stay
	reload 2 'sample-us = 7000'
	wait_for 20 logged 'reload: sample-us stays 5000: to make it 7000 .* takes a restart' || fail 'the restart is not named'
	both_stay
	stop_daemon
	must_be_unchanged 'at the end'
	ok "$(grep -c reload $ERRORS) lines"
}

# A rule's cap holds for whom it matches.
test_cap_of_a_rule() {
	remember_state
	settle 2 '[rule one]' 'match = comm=one' 'max-target-huge-mib = 20'
	start_daemon --config $CONFIG
	load one --mem 64
	load two --mem 64
	wait_for 90 three_quarters two 64 || fail "two: $(hot_and_cold two)"
	wait_for 60 logged 'one .*: the cap is reached: 20 MiB made huge in it' || fail 'the cap is not reached'
	[ "$(truth one hot_huge_bytes)" -le $((20 * MIB)) ] || fail "one: $(hot_and_cold one)"
	stop_daemon
	must_be_unchanged 'at the end'
	ok "one: $(hot_and_cold one); two: $(hot_and_cold two)"
}

run_tests reload_leaves_kdamonds_alone wrong_file_changes_nothing cap_of_a_rule
