#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The demonstration, inside the machine: tells run what happens, and what it came to.
# Exits 0 only if all that it says is true.
reports=/tmp/reports
log=/tmp/hotdamon.log
status_file=/tmp/status.json
kdamonds=/sys/kernel/mm/damon/admin/kdamonds/nr_kdamonds
damon_stat=/sys/module/damon_stat/parameters/enabled
thp=/sys/kernel/mm/transparent_hugepage/enabled
budget='--stall-budget-us 1000000 --monitor-cpu-pct 0'
names='redis-server postgres sha256sum java'
show_s=150   # the longest that hotdamon may take
settled_s=14 # so long without another huge page: no more is to be seen soon
log_told=0 skipped_for='' failures=0

fail() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}

# wait_until SECONDS COMMAND...: 0 as soon as the command is true.
wait_until() {
	local end
	end=$(($(now_s) + $1))
	shift
	until "$@"; do
		[ "$(now_s)" -lt "$end" ] || return 1
		usleep 200000
	done
}

now_s() { cut -d. -f1 /proc/uptime; }

# ---- the server: each process tells, from its own page tables, what of it is huge ----

# The hot memory is as much as an emulated CPU gets through in one sample of DAMON (5 ms).
start_server() {
	load redis-server --mem 256 --hot 24 --hot-at 128 --duty 100
	load postgres --mem 192 --hot 24 --hot-at 64 --duty 65
	load sha256sum --hog --duty 45
	load java --mem 320 --phase 1:idle
	wait_until 90 have_reports 2 || fail 'the processes did not come up'
}

load() {
	local name=$1
	shift
	: >"$reports/$name"
	workload --name "$name" "$@" --report 2 --report-file "$reports/$name" &
	echo $! >"$reports/$name.pid"
}

lines() { wc -l <"$1"; }

# have_reports N: from each.
have_reports() {
	local name
	for name in $names; do
		[ "$(lines "$reports/$name")" -ge "$1" ] || return 1
	done
}

# number NAME FIELD: from its last report.
number() { tail -n 1 "$reports/$1" | sed -n "s/.*\"$2\":\([0-9]*\)[,.}].*/\1/p"; }
mib() { echo $(($(number "$1" "$2") / 1048576)); }

# Reports of this very moment, asked for by signal.
ask_for_reports() {
	local name
	for name in $names; do
		: >"$reports/$name"
		kill -USR1 "$(cat "$reports/$name.pid")"
	done
	wait_until 20 have_reports 1 || fail 'a process does not answer'
}

# ---- what is told while hotdamon runs ----

tell_log() {
	tail -n +$((log_told + 1)) "$log" | sed 's/^/@log /'
	log_told=$(lines "$log")
}

tell() {
	local name
	tell_log
	hotdamon status --json >"$status_file" 2>/dev/null
	echo "@status $(tr -d '\n' <"$status_file")"
	for name in $names; do
		tail -n 2 "$reports/$name" | sed 's/^/@report /'
	done
	echo "@draw $1"
}

# hot_enough NAME: 3/4 of its hot memory is huge.
hot_enough() { [ $(($(number "$1" hot_huge_bytes) * 4)) -ge $(($(number "$1" hot_bytes) * 3)) ]; }

# skip_reason NAME: as the status has it; nothing if it is not skipped.
skip_reason() {
	sed -n '/"skipped"/,$p' "$status_file" | sed -n "/\"comm\": \"$1\"/,/}/s/.*\"reason\": \"\(.*\)\".*/\1/p"
}

huge_mib() { echo $(($(mib redis-server hot_huge_bytes) + $(mib postgres hot_huge_bytes))); }

all_happened() { hot_enough redis-server && hot_enough postgres && [ -n "$skipped_for" ]; }

# Until all has happened and no more comes, or for show_s.
watch() {
	local end huge=0 since
	since=$(now_s)
	end=$((since + show_s))
	while [ "$(now_s)" -lt "$end" ]; do
		tell
		[ -n "$skipped_for" ] || skipped_for=$(skip_reason sha256sum)
		if ! kill -0 "$daemon" 2>/dev/null; then
			fail 'hotdamon has ended'
			return
		fi
		if [ "$(huge_mib)" != "$huge" ]; then
			huge=$(huge_mib)
			since=$(now_s)
		fi
		if all_happened && [ $(($(now_s) - since)) -ge "$settled_s" ]; then
			break
		fi
		sleep 2
	done
	tell last
}

# ---- the story ----

introduce() {
	echo
	echo "A small server with Linux $(uname -r):"
	echo '  redis-server  256 MiB, uses 24 MiB of them all the time'
	echo '  postgres      192 MiB, uses 24 MiB of them, two thirds of the time'
	echo '  sha256sum     burns CPU, with almost no memory'
	echo '  java          320 MiB, and idle'
	echo never >"$thp"
	echo "Transparent huge pages are set to '$(thp_mode)': what becomes huge here is hotdamon's doing."
	echo "DAMON_STAT is $stat_before, as this kernel starts it; it must be off while hotdamon runs."
	echo 'They fill their memory ...'
}

# Y, N, or absent.
stat_mode() { cat "$damon_stat" 2>/dev/null || echo absent; }

thp_mode() { sed 's/.*\[\(.*\)\].*/\1/' "$thp"; }

has_status() { hotdamon status --json >"$status_file" 2>/dev/null; }

start_daemon() {
	echo
	echo "(A collapse takes an emulated CPU thirty times as long as a real one: here it may take that long.)"
	echo "\$ hotdamon run --stop-damon-stat $budget"
	# shellcheck disable=SC2086 # words
	hotdamon run --stop-damon-stat $budget >"$log" 2>&1 &
	daemon=$!
	wait_until 60 has_status && return
	tell_log
	fail 'hotdamon did not start'
	exit 1
}

has_ended() { ! grep -q '^State:.[^Z]' "/proc/$1/status" 2>/dev/null; }

end_daemon() {
	local status
	echo "\$ kill $daemon"
	kill "$daemon"
	wait_until 30 has_ended "$daemon" || fail 'hotdamon does not end'
	wait "$daemon"
	status=$?
	tell_log
	[ "$status" = 0 ] || fail "hotdamon ended with $status"
}

# ---- what it came to ----

say_hot() {
	local huge hot
	huge=$(mib "$1" hot_huge_bytes) hot=$(mib "$1" hot_bytes)
	echo "  $1: $huge of its $hot MiB of hot memory are huge now ($((huge * 100 / hot)) %)," \
		"and $(mib "$1" cold_huge_bytes) of the $(($2 - hot)) MiB that it does not use."
	hot_enough "$1" || fail "less than 3/4 of the hot memory of $1 is huge"
}

say_skipped() {
	if [ -n "$skipped_for" ]; then
		echo "  sha256sum: burned CPU, and was left alone: $skipped_for."
	else
		fail 'sha256sum was not skipped'
	fi
	[ "$(number sha256sum anon_huge_bytes)" = 0 ] || fail 'sha256sum has huge pages'
}

say_idle() {
	echo "  java: $(mib java anon_huge_bytes) of its $(mib java rss_bytes) MiB are huge: it was idle, and nobody touched it."
	[ "$(number java anon_huge_bytes)" = 0 ] || fail 'java has huge pages'
}

say_restored() {
	local kdamonds_after stat_after
	kdamonds_after=$(cat "$kdamonds") stat_after=$(stat_mode)
	echo "  After its end there are $kdamonds_after kdamonds, and DAMON_STAT is $stat_after, as it was before."
	[ "$kdamonds_after" = 0 ] || fail 'kdamonds are left'
	[ "$stat_after" = "$stat_before" ] || fail "DAMON_STAT was $stat_before before"
	[ ! -e /sys/fs/bpf/hotdamon/process_hotness ] || fail 'the pinned map is left'
	[ ! -e /run/hotdamon/status.json ] || fail 'the status file is left'
}

stat_before=$(stat_mode)
mkdir -p "$reports"
introduce
start_server
start_daemon
watch
ask_for_reports
end_daemon
echo
echo 'What happened, by the page tables of the processes themselves:'
say_hot redis-server 256
say_hot postgres 192
say_skipped
say_idle
say_restored
[ "$failures" = 0 ]
