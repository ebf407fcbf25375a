#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The executor madvise: hot memory becomes huge slot by slot, whatever its shape; nothing else does.
. /add/guest.sh

# run_madvise OPTION...: on whatever kernel; it goes by --pid, so that "chosen" is a moment that the log tells.
run_madvise() {
	daemon_stat=
	[ ! -e $DAMON_STAT ] || daemon_stat=--stop-damon-stat
	# shellcheck disable=SC2086 # words
	start_daemon --executor madvise --interval 1 $BUDGET $daemon_stat "$@"
}

chosen() { grep -q "in: $1 " $LOG; }
# When it was chosen, in hundredths since boot, as closely as a look each 0.1 s tells.
wait_until_chosen() {
	wait_for 20 chosen "$1" || fail "$1 is not watched"
	chosen_at=$(now_cs)
}

# A report of the load comes once a second, and to collapse 64 MiB alone takes such a machine a second or two.
LATE=2
seconds_for() { case $(uname -r) in 6.12.*) echo $((10 + LATE)) ;; *) echo $((5 + LATE)) ;; esac }

# useless NAME: calls for memory that was huge.
no_useless_calls() {
	look || fail 'no status'
	[ "$(target "$1" collapse.already_huge)" = 0 ] || fail "$(target "$1" collapse.already_huge) calls for what was huge"
	[ "$(target "$1" pace.calls)" -ge "$(target "$1" collapse.succeeded)" ] || fail 'more became huge than calls were made'
}

# becomes_huge NAME HOT_MIB: in time, and no cold memory does.
becomes_huge() {
	wait_until_chosen "$1"
	wait_for "$(seconds_for)" nearly_all "$1" "$2" ||
		fail "after $(seconds_since "$chosen_at") s $(hot_and_cold "$1"); $(look && target "$1" descent.reason)"
	took=$(seconds_since "$chosen_at")
	few_cold "$1"
}

# stays_quiet NAME: no more calls, for some ticks; the status is of the last one.
stays_quiet() {
	look && tick=$(status_of tick)
	wait_for 20 ticked $((tick + 2)) || fail 'it does not tick'
	calls=$(target "$1" pace.calls)
	wait_for 20 ticked $((tick + 5)) || fail 'it does not tick'
	[ "$(target "$1" pace.calls)" = "$calls" ] || fail "$(($(target "$1" pace.calls) - calls)) calls more when all was done"
}

status_is_true() {
	wait_for 6 status_tells "$1" || fail "$(told "$1")"
	[ "$(status_of executor)" = madvise ] || fail "the executor is $(status_of executor)"
}

finish() {
	no_complaints
	remember=$(target "$1" descent.reason)
	stop_daemon
	ok "$2; $remember"
}

# busy_cs: hundredths for which the daemon has computed, or waited for a CPU: next to nothing but in an emulator.
busy_cs() { awk '{ printf "%d", ($1 + $2) / 10000000 }' "/proc/$daemon/schedstat"; }

# What it takes besides, since it was chosen: that is looks, levels, and whatever else it waits for by design.
unhurried_cs() { echo $(($(now_cs) - chosen_at - ($(busy_cs) - busy_then))); }

# The same in as much time as calls and looks take here: a hundred collapses are seconds of CPU in an emulator.
within_unhurried() {
	limit_cs=$(($1 * 100))
	shift
	until "$@"; do
		[ "$(unhurried_cs)" -lt $limit_cs ] && [ "$(($(now_cs) - chosen_at))" -lt 6000 ] || return 1
		sleep 0.2
	done
}

# layout NAME HOT_MIB OPTION...
layout() {
	name=$1 hot=$2
	shift 2
	load "$name" --hot "$hot" "$@"
	run_madvise --pid "$pid"
	becomes_huge "$name" "$hot"
	stays_quiet "$name"
	no_useless_calls "$name"
	few_cold "$name"
	status_is_true "$name"
	finish "$name" "$took s after it was chosen; $(hot_and_cold "$name"), $(target "$name" pace.calls) calls"
}

test_range() { layout range 64 --mem 384 --hot-at 160; }
test_upper_end() { layout upper 64 --mem 384 --hot-at 320; }
test_islands() { layout islands 64 --mem 384 --islands 32; }

# So many that a region for each huge page is more than DAMON may make at once: it must find the edges by splitting.
# In 5 ms an emulated CPU touches a third of 200 MiB, and less while it collapses: it gets samples of twice that length.
test_gib_of_islands() {
	load gib --mem 1024 --hot 200 --islands 100
	run_madvise --pid "$pid" --sample-us 10000 --aggr-us 200000
	wait_until_chosen gib
	busy_then=$(busy_cs)
	within_unhurried "$(seconds_for)" nearly_all gib 200 ||
		fail "after $(seconds_since "$chosen_at") s $(hot_and_cold gib); $(look && target gib descent.reason)"
	took="$(seconds_since "$chosen_at") s after it was chosen ($(unhurried_cs) cs besides computing)"
	few_cold gib
	no_useless_calls gib
	finish gib "$took $(hot_and_cold gib), $(target gib pace.stall_us) us in $(target gib pace.calls) calls"
}

# each NAME I: bytes of its range I that are huge.
each() { truth "$1" "hot_huge_each_bytes.$2"; }
range_is_huge() { [ "$(each "$1" "$2")" -ge $(($3 * MIB / 100 * 98)) ]; }

# coldest_then: bytes of the coldest range that were huge in the first report in which all of the hottest was.
coldest_then() {
	sed -n 's/.*"hot_huge_each_bytes":\[\([0-9]*\),[0-9]*,\([0-9]*\)\].*/\1 \2/p' $T/uneven.truth |
		awk -v least=$((32 * MIB / 100 * 98)) '$2 >= least { print $1; exit }'
}

# Eight to four to one. The lowest address is the coldest: what comes first is by heat. All is huge within a second: the
# load reports often enough to see what was first.
test_unequal_ranges() {
	load uneven --report 0.1 --mem 400 --range 20:32:1,160:32:4,300:32:8
	run_madvise --pid "$pid" --descent progressive
	wait_until_chosen uneven
	busy_then=$(busy_cs)
	within_unhurried "$(seconds_for)" range_is_huge uneven 2 32 || fail "the hottest: $(hot_and_cold uneven)"
	took=$(seconds_since "$chosen_at")
	[ "$(coldest_then)" -lt $((32 * MIB / 100 * 98)) ] || fail 'the coldest was huge as soon as the hottest'
	first="$took s: all of the hottest, and $(($(coldest_then) / MIB)) MiB of the coldest of 8:4:1"
	wait_for 40 nearly_all uneven 96 || fail "$(hot_and_cold uneven); $(look && target uneven descent.reason)"
	took=$(seconds_since "$chosen_at")
	few_cold uneven
	no_useless_calls uneven
	finish uneven "$first, all after $took s; $(hot_and_cold uneven)"
}

# The hot memory moves by its own size, into memory that was cold.
test_moved_hot_set_is_followed() {
	load moves --mem 256 --hot 32 --hot-at 64 --move 1000
	run_madvise --pid "$pid"
	wait_until_chosen moves
	wait_for 15 nearly_all moves 32 || fail "before it moved: $(hot_and_cold moves)"
	# A huge page that was never read again as before may be blind, and is believed for long: let it be read.
	look && tick=$(status_of tick)
	wait_for 20 ticked $((tick + 5)) || fail 'it does not tick'
	kill -HUP "$pid"
	wait_for 30 moved || fail 'it does not move'
	moved_at=$(now_cs)
	# Two ticks of the default interval, and what DAMON needs to see it.
	wait_for $((10 + 2 + LATE)) nearly_all moves 32 ||
		fail "$(seconds_since "$moved_at") s after it moved: $(hot_and_cold moves); $(look && target moves descent.reason)"
	took=$(seconds_since "$moved_at")
	# What was hot before is all that is huge and cold.
	[ "$(truth moves cold_huge_bytes)" -le $((34 * MIB)) ] || fail "$(hot_and_cold moves)"
	no_useless_calls moves
	wait_for 10 forgotten || fail "$(($(target moves collapse.hot_bytes) / MIB)) MiB are hot for status"
	took="$took s, and of status after $(seconds_since "$moved_at")"
	finish moves "$took s after it moved $(hot_and_cold moves)"
}
# What was hot before the move is not for status, huge or not.
forgotten() { look && [ "$(target moves collapse.hot_bytes)" -le $((34 * MIB)) ]; }
moved() { [ "$(truth moves moves)" -ge 1 ]; }

# metric NAME: its last value, of the file; metrics_tell: what the status says, as metrics, of the process `capped`.
metric() { sed -n "s/^hotdamon_$1 //p" $T/prom/hotdamon.prom; }
metrics_tell() {
	look && [ "$(metric 'service_paying_bytes{service="capped of root"}')" -gt 0 ] &&
		[ "$(metric 'service_huge_bytes{service="capped of root"}')" = $((8 * MIB)) ] &&
		[ "$(metric 'collapses_total{result="success"}')" = 4 ] && [ "$(metric kdamonds)" = 1 ] &&
		[ "$(metric 'service_grown_bytes{service="capped of root",reason="missing"}')" = "$(target capped growth.missing_bytes)" ]
}

# A program is told, too.
test_caps() {
	mkdir -p $T/prom
	printf '#!/bin/sh\necho "$HOTDAMON_EVENT $HOTDAMON_PID $HOTDAMON_SERVICE" >>%s\n' $T/told >$T/tell
	chmod 755 $T/tell
	load capped --mem 64
	run_madvise --pid "$pid" --max-target-huge-mib 9 --metrics-file $T/prom/hotdamon.prom --on-event $T/tell
	wait_for 15 logged 'capped.*the cap is reached' || fail "no cap: $(look && target capped descent.reason)"
	stays_quiet capped
	status_is_true capped
	[ "$(target capped collapse.succeeded)" = 4 ] || fail "$(target capped collapse.succeeded) collapses"
	[ "$(target capped pace.capped)" = true ] || fail 'status does not say so'
	wait_for 10 metrics_tell || fail "metrics: $(grep -v '^#' $T/prom/hotdamon.prom)"
	grep -qx "capped $pid capped of root" $T/told || fail "the program was told: $(cat $T/told)"
	finish capped "$(target capped collapse.huge_bytes) bytes huge, $(target capped pace.calls) calls"
}

# What was made huge in a process that is watched no more counts for the cap of all, until that process ends.
test_cap_is_free_again() {
	load first --mem 64
	first=$pid
	run_madvise --top 1 --min-cpu 20 --max-huge-mib 24
	wait_for 20 logged 'first.*the cap is reached' || fail "no cap: $(look && target first descent.reason)"
	kill -STOP "$first" # from now on it uses no CPU
	wait_for 40 logged 'out: first' || fail 'first does not leave'
	load second --mem 64
	wait_for 20 is_capped second || fail "first's share is forgotten: $(target second descent.reason)"
	[ "$(target second pace.calls)" = 0 ] || fail "$(target second pace.calls) calls above the cap"
	kill -9 "$first"
	wait_for 40 made_huge second 12 || fail "after first's end: $(target second collapse.succeeded) collapses; $(target second descent.reason)"
	stays_quiet second
	[ "$(target second collapse.succeeded)" = 12 ] || fail "$(target second collapse.succeeded) collapses"
	finish second "$(target second pace.calls) calls after the end of the first"
}
is_capped() { look && [ "$(target "$1" pace.capped)" = true ]; }
made_huge() { look && [ "$(target "$1" collapse.succeeded)" -ge "$2" ]; }

# A process whose main thread has ended works on, and no process_madvise reaches it. Neither one that was so before nor one
# that is watched keeps a kdamond; that is said, once, and stays to be read; who can be reached is watched.
test_out_of_reach() {
	load headless --mem 64 --leader-exits 1
	headless=$pid
	wait_for 10 grep -q '^State:.Z' "/proc/$headless/status" || fail 'its leader does not exit'
	load later --mem 64 --leader-exits 10000
	later=$pid
	run_madvise --pid "$headless,$later"
	wait_for 10 is_out headless || fail "watched: $(watched); it is '$(skipped headless reason)'"
	wait_for 10 has_kdamond later || fail 'the other one has no kdamond'
	kdamond=$(target later kdamond_pid)
	kill -HUP "$later"
	wait_for 10 is_out later || fail "watched: $(watched); later is '$(skipped later reason)'"
	gone "$kdamond" || fail 'its kdamond lives on'
	stays 4 is_out headless || fail "watched: $(watched)"
	[ "$(skipped headless barred_s)" -ge "$(skipped later barred_s)" ] || fail "since: $(skipped headless barred_s) s"
	alive "$daemon" || fail 'the daemon ended'
	hotdamon check >$T/said 2>$T/said.err
	must_say "headless ($headless), .*its main thread has exited.*first seen [0-9]* s ago"
	[ "$(grep -c 'skipped: headless' $LOG)" = 1 ] && [ "$(grep -c 'out: later' $LOG)" = 1 ] || fail 'it is not said once'
	remember="$(grep -o 'out: later.*' $LOG); headless for $(skipped headless barred_s) s"
	stop_daemon
	ok "$remember"
}
is_out() {
	look && [ -z "$(entry targets "$1")" ] || return 1
	case $(skipped "$1" reason) in *'main thread has exited'*) ;; *) return 1 ;; esac
	[ "$(skipped "$1" barred_s)" -ge 0 ]
}

rss_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# Of every second page only half of a huge page would be in use; of one page in 64, next to nothing.
test_sparse_memory_is_left() {
	load half --mem 64 --sparse 2
	half=$pid
	load thin --mem 128 --sparse 64
	thin=$pid
	half_kib=$(rss_kib "$half") thin_kib=$(rss_kib "$thin")
	run_madvise --pid "$half,$thin"
	wait_until_chosen half
	wait_until_chosen thin
	wait_for 20 logged 'half.*hot slots.*populated' || fail 'it does not say that hot memory is too sparse'
	wait_for 20 in_state half floor || fail "half is '$(target half descent.state)'"
	tick=$(status_of tick)
	wait_for 20 ticked $((tick + 3)) || fail 'it does not tick'
	[ "$(target half pace.sparse_slots)" -ge 1 ] || fail 'status knows no sparse slots'
	for one in half thin; do
		[ "$(target $one pace.calls)" = 0 ] || fail "$(target $one pace.calls) calls for $one"
	done
	grew=$(($(rss_kib "$half") - half_kib)) thin_grew=$(($(rss_kib "$thin") - thin_kib))
	[ $grew -le 1024 ] && [ $thin_grew -le 1024 ] || fail "RSS grew by $grew and $thin_grew KiB"
	finish half "RSS grew by $grew and $thin_grew KiB, $(target half pace.sparse_slots) slots left alone"
}

run_tests range upper_end islands gib_of_islands unequal_ranges moved_hot_set_is_followed caps cap_is_free_again \
	out_of_reach sparse_memory_is_left
