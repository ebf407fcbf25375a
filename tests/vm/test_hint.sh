#!/bin/sh
# The executor hint: DAMON marks what is hot, khugepaged makes it huge, and BPF counts what it did.
. /add/guest.sh

THP=/sys/kernel/mm/transparent_hugepage
# This kernel's DAMON_STAT, if it has one, is in the way.
STOP=
[ ! -e $DAMON_STAT ] || STOP=--stop-damon-stat
# As in test_heat.sh: samples that an emulated CPU can fill.
EASY='--sample-us 20000 --aggr-us 400000'

test_needs_khugepaged() {
	remember_state
	# shellcheck disable=SC2086 # one word or none
	expect 3 hotdamon run --executor hint $STOP --duration 5
	must_say 'khugepaged: does not run; the THP mode is never'
	must_say 'remedy: echo madvise'
	must_be_unchanged 'after the refusal'
	hotdamon check >$T/said 2>$T/said.err
	must_say 'hint .*this kernel cannot'
	echo madvise >$THP/enabled
	hotdamon check >$T/said 2>$T/said.err
	echo never >$THP/enabled
	must_say 'hint .*this kernel could'
	ok "exit 3 with the remedy; $(grep ' auto ' $T/said | sed 's/^ *//')"
}

# counted_all NAME: each huge page that the process has is one that was counted.
counted_all() { look && [ $(($(target "$1" collapse.succeeded) * 2)) = "$(truth_mib "$1" anon_huge_bytes)" ]; }

test_khugepaged_takes_what_is_marked() {
	echo madvise >$THP/enabled
	echo 200 >$THP/khugepaged/scan_sleep_millisecs
	echo 100000 >$THP/khugepaged/pages_to_scan
	load hot --mem 128 --hot 32 --hot-at 48
	# shellcheck disable=SC2086 # words
	start_daemon --executor hint --interval 1 $STOP $EASY
	wait_for 60 three_quarters hot 32 || fail "of 32 MiB $(truth_mib hot hot_huge_bytes) are huge: $(look && target hot descent.reason)"
	took=$(seconds_since "$ready_at")
	wait_for 15 counted_all hot || fail "$(target hot collapse.succeeded) collapses, but $(truth_mib hot anon_huge_bytes) MiB huge"
	[ "$(status_of executor)" = hint ] || fail "the executor is $(status_of executor)"
	logged 'hot.*holding; .* of the same heat' || fail "no reason: $(target hot descent.reason)"
	no_complaints
	ok "3/4 after $took s, $(truth_mib hot hot_huge_bytes) of 32 hot, $(truth_mib hot cold_huge_bytes) cold, $(target hot collapse.succeeded) collapses; $(target hot descent.reason)"
}

run_tests needs_khugepaged khugepaged_takes_what_is_marked
