#!/bin/sh
# Where BPF cannot hand on regions, the executor madvise reads them from DAMON's sysfs: what is hot becomes huge as
# well, and nothing is left of it.
. /add/guest.sh

STAT=
[ ! -e $DAMON_STAT ] || STAT=--stop-damon-stat

run_by_sysfs() {
	# shellcheck disable=SC2086 # words
	start_daemon --executor madvise --regions sysfs --interval 1 $BUDGET $STAT "$@"
}

read_often() { look && times=$(status_of regions_readings) && [ "$times" -ge "$1" ]; }

test_islands_by_sysfs() {
	load islands --mem 256 --hot 32 --islands 16
	remember_state
	run_by_sysfs --pid "$pid"
	wait_for 30 nearly_all islands 32 || fail "$(hot_and_cold islands); $(look && target islands descent.reason)"
	took=$(seconds_since "$ready_at")
	few_cold islands
	wait_for 10 read_often 4 || fail "regions were read $(status_of regions_readings) times only"
	[ "$(status_of regions_source)" = sysfs ] || fail "regions come from $(status_of regions_source)"
	# A fifth of the time, of what is over and is begun.
	[ "$(status_of regions_reading_pct | cut -d . -f 1)" -le 25 ] || fail "reading takes $(status_of regions_reading_pct) % of the time"
	[ "$(target islands collapse.already_huge)" = 0 ] || fail "$(target islands collapse.already_huge) calls for what was huge"
	no_complaints
	stop_daemon
	must_be_unchanged 'at the end'
	ok "$took s; $(hot_and_cold islands); $times readings of $(status_of regions_reading_ms) ms, $(status_of regions_reading_pct) % of the time"
}

# It waits in the kernel, for the answer: in state D, or I on 6.12.
is_waiting() { grep -q '^State:.[DI]' "/proc/$daemon/status"; }

# The kernel has made directories for it that nobody will clear any more.
test_killed_while_it_reads() {
	load hot --mem 64
	remember_state
	run_by_sysfs
	wait_for 20 read_often 1 || fail 'no regions were read'
	tries=0
	until is_waiting; do
		[ $((tries += 1)) -lt 5000 ] || fail 'it never waits'
	done
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null
	left=$(find $DAMON/0/contexts/0/schemes/1/tried_regions -name nr_accesses | wc -l)
	expect 0 hotdamon cleanup
	must_be_unchanged 'after cleanup'
	ok "$left regions were left, and cleared"
}

run_tests islands_by_sysfs killed_while_it_reads
