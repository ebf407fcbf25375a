#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Out of the box; the executor damos: who is watched and what becomes huge, with default options; the descent.
. /add/guest.sh

test_damon_stat_in_the_way() {
	[ "$(cat $DAMON_STAT)" = Y ] || fail 'DAMON_STAT is off: this kernel is no test'
	remember_state
	expect 3 hotdamon run --duration 5
	must_say damon_stat
	must_say 'remedy: .*--stop-damon-stat'
	must_be_unchanged 'after the refusal'
	expect 0 hotdamon run --stop-damon-stat --interval 1 --duration 2
	must_say 'DAMON_STAT is off for as long'
	must_be_unchanged 'after --stop-damon-stat'
	ok "exit 3 with the remedy; DAMON_STAT is $(cat $DAMON_STAT) again"
}

# distinct_levels NAME: each step of its descent goes down, and there is one, unless memory collapsed at the first level.
distinct_levels() {
	sed -n "s/.*$1 ([0-9]*)[^:]*:.*down to \([0-9]*\) %.*/\1/p" $LOG >$T/levels
	[ "$(wc -l <$T/levels)" -eq "$(grep -c "$1 .*down to" $LOG)" ] || return
	[ -s $T/levels ] || logged "$1 .*first real collapse.* at 90 %" || return
	awk 'NR > 1 && $1 >= last { exit 1 } { last = $1 }' $T/levels
}

# touched NAME: of its hot pages, the percentage that it touches in 5 ms on average, since it began: what
# a sample of DAMON can see. It visits each page in turn.
touched() {
	awk -v pages=$(($(truth "$1" hot_bytes) / 4096)) -v accesses="$(truth "$1" accesses)" -v t="$(truth "$1" t_s)" '
		BEGIN { printf "%.0f %%", 100 * accesses / t * 0.005 / pages }'
}
pace() { echo "in 5 ms $(touched hot64) and $(touched hot32) of their hot pages are touched"; }

# Two hot processes, one that burns CPU without memory, and an idle one.
test_hot_memory_becomes_huge() {
	load hot64 --mem 256 --hot 64 --hot-at 100
	load hot32 --mem 128 --hot 32 --hot-at 50
	load hog --hog --duty 30
	load idle512 --mem 512 --duty 0
	remember_state
	start_daemon --executor damos --stop-damon-stat --interval 2
	wait_for 15 watches 'hot32 hot64' || fail "watched are '$(watched)', not hot32 and hot64"
	tick=$(status_of tick)
	[ "$tick" -le 2 ] || fail "both are watched only at tick $tick"
	wait_for 10 skips hog memory || fail "the hog is not skipped for want of memory: '$(skipped hog reason)'"
	left=$((30 - ($(now_cs) - ready_at) / 100))
	wait_for $left three_quarters hot64 64 || fail "of hot64 $(($(truth hot64 hot_huge_bytes) / MIB)) MiB are huge after 30 s; $(pace)"
	t64=$(seconds_since "$ready_at")
	left=$((30 - ($(now_cs) - ready_at) / 100))
	wait_for $left three_quarters hot32 32 || fail "of hot32 $(($(truth hot32 hot_huge_bytes) / MIB)) MiB are huge after 30 s; $(pace)"
	t32=$(seconds_since "$ready_at")
	left=$((30 - ($(now_cs) - ready_at) / 100))
	stays $left watches 'hot32 hot64' || fail "watched are '$(watched)' now"
	cold64=$(($(truth hot64 cold_huge_bytes) / MIB)) cold32=$(($(truth hot32 cold_huge_bytes) / MIB))
	[ $cold64 -le 16 ] || fail "of hot64 $cold64 MiB of cold memory are huge; $(pace)"
	[ $cold32 -le 8 ] || fail "of hot32 $cold32 MiB of cold memory are huge; $(pace)"
	[ "$(truth idle512 anon_huge_bytes)" = 0 ] || fail "the idle one has huge pages"
	for one in hot64 hot32; do
		distinct_levels $one || fail "the levels of $one do not fall: $(tr '\n' ' ' <$T/levels)"
		[ "$(grep -c "$one.*first real collapse.*holding" $LOG)" = 1 ] || fail "$one does not hold at the first real collapse"
	done
	hot64=$(($(truth hot64 hot_huge_bytes) / MIB)) hot32=$(($(truth hot32 hot_huge_bytes) / MIB))
	for one in hot64 hot32; do
		wait_for 10 status_tells $one || fail "$(told $one)"
	done
	[ "$(complaints)" = 0 ] || fail "complaints: $(head -n 3 $ERRORS)"
	stop_daemon
	must_be_unchanged 'after SIGTERM'
	ok "tick $tick; hot64: 3/4 after $t64 s, then $hot64 of 64 hot and $cold64 cold; hot32: $t32 s, $hot32 of 32 and $cold32 cold; $(pace)"
}

# The hot memory moves when all of it is huge and the scheme is parked.
test_moved_hot_set_rearms() {
	load moves --mem 160 --hot 32 --hot-at 32 --move 1000
	start_daemon --executor damos --stop-damon-stat --interval 1 --quota-ms 0 --pid "$pid"
	wait_for 40 parked moves || fail "not parked before it moves: $(target moves descent.reason)"
	three_quarters moves 32 || fail "$(truth_mib moves hot_huge_bytes) of 32 MiB are huge before it moves"
	kill -HUP "$pid"
	wait_for 30 moved || fail 'it does not move'
	moved_at=$(now_cs)
	wait_for 25 three_quarters moves 32 ||
		fail "$(truth_mib moves hot_huge_bytes) of 32 MiB are huge after it moved: $(look && target moves descent.reason)"
	took=$(seconds_since "$moved_at")
	logged 'moves.*: [0-9]* MiB hot are small, [0-9]* when it was parked: works again' || fail "no reason: $(target moves descent.reason)"
	no_complaints
	ok "3/4 again $took s after it moved"
}
moved() { [ "$(truth moves moves)" -ge 1 ]; }

# A process that asked for no huge pages has neither seat nor kdamond, whenever it asked, and comes in when it changes its mind.
test_opted_out() {
	load optout --mem 64 --thp-disable
	# shellcheck disable=SC2086 # words
	start_daemon --stop-damon-stat --interval 1 $BUDGET
	wait_for 10 is_out optout || fail "watched: $(watched); it is '$(skipped optout reason)'"
	stays 4 is_out optout || fail "watched: $(watched)"
	hotdamon check >$T/said 2>$T/said.err
	must_say "optout ($pid), .*it opted out of huge pages.*first seen [0-9]* s ago"
	opts optout in
	wait_for 10 logged 'in: optout' || fail "it opted in, and is still out: $(look && skipped optout reason)"
	wait_for 20 three_quarters optout 64 || fail "$(truth_mib optout hot_huge_bytes) of 64 MiB are huge"
	has_kdamond optout && kdamond=$(target optout kdamond_pid)
	opts optout out
	wait_for 5 is_out optout || fail "it opted out, and is still watched: $(target optout reason)"
	left=$(seconds_since "$opted_at")
	gone "$kdamond" || fail 'its kdamond lives on'
	logged 'out: optout.*it opted out of huge pages' || fail 'the log has no reason'
	[ "$(grep -c 'skipped: optout' $LOG)" = 1 ] || fail 'the log says it more than once'
	no_complaints
	ok "in again: $(truth_mib optout hot_huge_bytes) of 64 MiB huge; out $left s after it opted out, without a kdamond"
}

# With --pid it was asked for, and nothing can be done either; the daemon goes on, and takes it in when it can.
test_opted_out_listed() {
	load optout --mem 64 --thp-disable
	start_daemon --executor madvise --stop-damon-stat --interval 1 --pid "$pid"
	wait_for 10 is_out optout || fail "watched: $(watched); it is '$(skipped optout reason)'"
	stays 3 is_out optout || fail "watched: $(watched)"
	alive "$daemon" || fail 'the daemon ended'
	opts optout in
	wait_for 10 has_kdamond optout || fail "it opted in, and is still out: $(skipped optout reason)"
	no_complaints
	ok "$(grep -o 'skipped: optout.*' $LOG)"
}
is_out() {
	look && [ -z "$(entry targets "$1")" ] || return 1
	case $(skipped "$1" reason) in *'opted out'*MemoryTHP*) ;; *) return 1 ;; esac
	[ "$(skipped "$1" barred_s)" -ge 0 ] && [ -z "$(ps | grep '[k]damond')" ]
}
# opts NAME in|out: it changes its mind.
opts() {
	kill -ALRM "$pid"
	case $2 in in) value=1 ;; out) value=0 ;; esac
	wait_for 2 grep -q "THP_enabled:.$value" "/proc/$pid/status" || fail "$1 does not opt $2"
	opted_at=$(now_cs)
}

run_tests damon_stat_in_the_way hot_memory_becomes_huge moved_hot_set_rearms opted_out opted_out_listed
