#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# How far a descent goes when it need not hold; what it does where it is blind; and what parked means.
. /add/guest.sh

# In 5 ms an emulated CPU touches a part of the hot pages only, and its collapses are slow: see test_heat.sh.
EASY='--sample-us 20000 --aggr-us 400000 --quota-ms 0'

# Of two parts of one heap, the warm one is accessed in a quarter of the time only; below them and between is cold.
two_heats() {
	load two --mem 256 --hot 24 --hot-at 64 --warm 32 --warm-at 160 --warm-pct 25
	# shellcheck disable=SC2086 # words
	start_daemon --stop-damon-stat --interval 1 "$@"
}

hot_and_warm() { echo "$(truth_mib two hot_huge_bytes) of 24 MiB hot, $(truth_mib two warm_huge_bytes) of 32 warm, $(truth_mib two cold_huge_bytes) cold"; }
went_to() { echo "$(target two descent.min_accesses) of $(target two descent.max_accesses): $(target two descent.reason)"; }

# first_huge PART: the place of the load's first report in which so much of it is huge.
first_report_with() {
	json <$T/two.truth >/dev/null
	sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" $T/two.truth | awk -v least=$(($2 * MIB)) '$1 >= least { print NR; exit }'
}

# share NS CS: in percent of a CPU.
share() { awk -v ns="$1" -v cs="$2" 'BEGIN { printf "%.2f", ns / cs / 1e5 }'; }

# Once it is parked nothing is tried any more, and what the kdamond does from then on is to watch.
stays_parked() {
	tick=$(status_of tick)
	wait_for 10 ticked $((tick + 2)) # the pass that was under way when it was parked is over
	tries=$(attempts two) spent=$(cpu_ns "$kdamond") at=$(now_cs)
	wait_for 30 ticked $((tick + 12)) || fail 'it does not tick'
	[ "$(target two descent.acting)" = false ] || fail "it works again: $(went_to)"
	tried=$(($(attempts two) - tries))
	cpu_parked=$(share $(($(cpu_ns "$kdamond") - spent)) $(($(now_cs) - at)))
	[ $tried = 0 ] || fail "$tried attempts while it is parked"
	[ "$(target two collapse.hot_is_current)" = false ] || fail 'heat of a parked scheme is called current'
}

test_progressive_takes_both() {
	# shellcheck disable=SC2086 # words
	two_heats --executor damos $EASY --descent progressive
	wait_for 40 logged 'two.*holding' && look || fail "it does not hold: $(went_to)"
	kdamond=$(target two kdamond_pid)
	tries=$(attempts two) spent=$(cpu_ns "$kdamond") at=$(now_cs)
	wait_for 120 parked two || fail "not parked after 120 s: $(went_to); $(hot_and_warm)"
	took=$(seconds_since "$ready_at") working=$(($(attempts two) - tries))
	cpu_working=$(share $(($(cpu_ns "$kdamond") - spent)) $(($(now_cs) - at)))
	[ "$working" -gt 0 ] || fail 'at work it tried nothing: no test'
	stays_parked
	[ "$(truth_mib two hot_huge_bytes)" -ge 18 ] || fail "$(hot_and_warm); $(went_to)"
	[ "$(truth_mib two warm_huge_bytes)" -ge 24 ] || fail "the warm part was left: $(hot_and_warm); $(went_to)"
	hot_first=$(first_report_with hot_huge_bytes 18) warm_first=$(first_report_with warm_huge_bytes 8)
	[ "$hot_first" -lt "$warm_first" ] || fail "the warm part came first: reports $hot_first and $warm_first"
	grep -q 'two.*holding' $LOG && grep -q 'two.*: down to' $LOG || fail 'it did not go on down from where it held'
	no_complaints
	ok "$(hot_and_warm), in $took s, the hot part $((warm_first - hot_first)) s before the warm one; $working attempts at work, $tried parked; kdamond $cpu_working and $cpu_parked % of a CPU; $(went_to)"
}

# The same pure walk with the executor madvise, which has no coarse regions to take cold memory along.
test_progressive_with_madvise() {
	# shellcheck disable=SC2086 # words
	two_heats --executor madvise $EASY --descent progressive $BUDGET
	wait_for 100 parked two || fail "not parked after 100 s: $(went_to); $(hot_and_warm)"
	sleep 1.2
	[ "$(truth_mib two hot_huge_bytes)" -ge 22 ] || fail "$(hot_and_warm); $(went_to)"
	[ "$(truth_mib two warm_huge_bytes)" -ge 30 ] || fail "the warm part was left: $(hot_and_warm); $(went_to)"
	[ "$(truth_mib two cold_huge_bytes)" -le 4 ] || fail "cold memory was taken: $(hot_and_warm); $(went_to)"
	no_complaints
	ok "$(hot_and_warm), in $(seconds_since "$ready_at") s; $(went_to)"
}

# DAMON is told others between one status and the next.
has_its_samples() {
	intervals=$DAMON/$(look && target "$1" seat)/contexts/0/monitoring_attrs/intervals
	[ "$(cat "$intervals/sample_us")" = "$(target "$1" sample_us)" ]
}

# Each page is touched six times a second, too rarely for samples of 5 ms: longer ones see it. Not five times: at that 100 ms
# find a page in half of the samples, where a count is chance, and a hold that a lucky region began takes in few of the others.
# Of 30 samples of 5 ms, not of 20: that chance alone finds a quarter of 20, where it is known for blind, is once in 5000 looks
# at a slot, of which there are hundreds. Of 30 it is once in 400000.
test_blind_samples_grow() {
	load slow --mem 128 --hot 32 --hot-at 64 --pass 0.16
	start_daemon --executor damos --stop-damon-stat --interval 1 --quota-ms 0 --aggr-us 150000
	wait_for 120 three_quarters slow 32 || fail "$(truth_mib slow hot_huge_bytes) of 32 MiB are huge: $(look && target slow descent.reason)"
	took=$(seconds_since "$ready_at")
	look
	[ "$(target slow sample_us)" -gt 5000 ] || fail "samples are $(target slow sample_us) us long; $(target slow descent.reason)"
	[ "$(target slow aggr_us)" = $(($(target slow sample_us) * 30)) ] || fail "aggregations are $(target slow aggr_us) us"
	wait_for 10 has_its_samples slow || fail "DAMON has samples of $(cat "$intervals/sample_us") us, for status $(target slow sample_us)"
	logged 'slow.*intervals: nothing hot at .* though it uses' || fail 'no reason in the log'
	no_complaints
	ok "3/4 after $took s, $(truth_mib slow hot_huge_bytes) of 32 hot, $(truth_mib slow cold_huge_bytes) cold; $(target slow intervals_reason); $(target slow descent.reason)"
}

cost() { look && value=$(target "$1" monitor_cpu_pct) && [ "$value" != null ] && echo "$value" | tr -d .; }
cost_known() { cost "$1" >/dev/null; }
samples_longer() { look && [ "$(target "$1" sample_us)" -gt "$2" ]; }

# A kdamond that only watches and is dear is told to look less often; with no bound it is not.
test_monitor_cost_is_bounded() {
	load hot --mem 64 --hot 8
	# Not busy by --min-cpu: so its heat, seen or not, is no reason for longer samples.
	start_daemon --stop-damon-stat --interval 1 --executor none --monitor-cpu-pct 0.3 --pid "$pid" --min-cpu 1000
	wait_for 20 cost_known hot || fail 'no cost of its kdamond'
	before=$(target hot monitor_cpu_pct)
	[ "$(cost hot)" -gt 30 ] || fail "it costs $before % only: no test"
	wait_for 70 samples_longer hot 5000 || fail "samples are as long as before, at $(target hot monitor_cpu_pct) % of a CPU"
	logged 'hot.*intervals: its kdamond uses .* above 0.3 %: samples of 20 ms in 400 ms' || fail 'no reason in the log'
	kdamond=$(target hot kdamond_pid)
	wait_for 20 ticked $(($(status_of tick) + 3))
	at=$(now_cs) spent=$(cpu_ns "$kdamond")
	wait_for 20 ticked $(($(status_of tick) + 6))
	after=$(share $(($(cpu_ns "$kdamond") - spent)) $(($(now_cs) - at)))
	awk -v before="$before" -v after="$after" 'BEGIN { exit !(after < before) }' || fail "it costs $after % now, $before % before"
	no_complaints
	ok "$before % of a CPU before, $after % with $(target hot sample_us) us; $(target hot intervals_reason)"
}

run_tests blind_samples_grow monitor_cost_is_bounded progressive_takes_both progressive_with_madvise
