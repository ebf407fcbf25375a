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
budget='--stall-budget-us 1000000 --monitor-cpu-pct 0 --payback 200000'
names='redis-server partly hog idle' # rows of the table
asked='partly hog idle'              # those that know all of themselves
keys=100000  # of redis, 1 kB each: 128 MiB and more
show_s=100   # the longest that hotdamon may take
redis_least_pct=50 # of what it uses, however busy the host: how much it is, is told
settled_s=30 # so long without another huge page: no more is to be seen soon
log_told=0 skipped_for='' failures=0 in_use=0

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

# ---- the server: redis and its load, and two processes that tell themselves what of them is used, and huge ----

start_server() {
	start_redis
	# As much as an emulated CPU gets through in one sample of DAMON (5 ms).
	load partly --mem 192 --hot 24 --hot-at 64 --duty 40
	load hog --hog --duty 45
	load idle --mem 256 --phase 1:idle
	wait_until 90 have_reports 2 || fail 'the processes did not come up'
}

start_redis() {
	mkdir /redis
	tar -xf /add/redis.tar -C /redis
	mount --bind /proc /redis/proc
	mount --bind /sys /redis/sys
	chroot /redis /bin/redis-server --save '' >/tmp/redis.out 2>&1 &
	echo $! >"$reports/redis-server.pid"
	if ! /add/kvload --kind redis --load fill --keys $keys; then
		fail "redis does not come up: $(tail -n 1 /tmp/redis.out)"
		exit 1
	fi
	/add/kvload --kind redis --load zipf --keys $keys >/tmp/kvload.out 2>&1 &
}

load() {
	local name=$1
	shift
	: >"$reports/$name"
	workload --name "$name" "$@" --report 2 --report-file "$reports/$name" &
	echo $! >"$reports/$name.pid"
}

pid_of() { cat "$reports/$1.pid"; }

# What redis touches, from its page tables, before DAMON clears accessed bits too.
look_at_redis() {
	echo 'Its page tables are looked at: what does redis touch within 5 s? ...'
	/add/touched --seconds 5 --save /tmp/slots "$(pid_of redis-server)" >/tmp/before ||
		fail 'the page tables cannot be read'
	in_use=$((2 * $(field /tmp/before in_use_dense)))
	if [ "$in_use" = 0 ]; then
		fail "redis uses nothing, as it seems: $(cat /tmp/before)"
		exit 1
	fi
	echo "  $in_use MiB, counted in pieces of 2 MiB that are at least 3/4 full"
}

# field FILE NAME: a number of its JSON.
field() { sed -n "s/.*\"$2\":\([0-9]*\)[,.}].*/\1/p" "$1"; }

# report_of NAME HOT_MIB: of a process that tells nothing of itself, by /proc. Which of its huge pages are cold is not known.
report_of() {
	local pid huge ticks
	pid=$(pid_of "$1")
	huge=$(sed -n 's/^AnonHugePages: *\([0-9]*\) kB/\1/p' "/proc/$pid/smaps_rollup")
	ticks=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
	echo "$(cut -d' ' -f1 /proc/uptime) ${ticks:-0}" | awk -v head="\"name\":\"$1\",\"pid\":$pid,\"phase\":\"hot\"" \
		-v hot=$(($2 * 1048576)) -v huge=$((${huge:-0} * 1024)) '{ printf "{\"t_s\":%s,\"cpu_s\":%.2f,%s,\"hot_bytes\":%d,\"hot_huge_bytes\":%d}\n",
			$1, $2 / 100, head, hot, huge }' >>"$reports/$1"
}

lines() { wc -l <"$1"; }

# have_reports N: from each that tells of itself.
have_reports() {
	local name
	for name in $asked; do
		[ "$(lines "$reports/$name")" -ge "$1" ] || return 1
	done
}

# number NAME FIELD: from its last report.
number() { tail -n 1 "$reports/$1" | sed -n "s/.*\"$2\":\([0-9]*\)[,.}].*/\1/p"; }
mib() { echo $(($(number "$1" "$2") / 1048576)); }

# Reports of this very moment, asked for by signal.
ask_for_reports() {
	local name
	for name in $asked; do
		: >"$reports/$name"
		kill -USR1 "$(pid_of "$name")"
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
	report_of redis-server "$in_use"
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

huge_mib() { echo $(($(mib redis-server hot_huge_bytes) + $(mib partly hot_huge_bytes))); }

all_happened() { hot_enough partly && [ -n "$skipped_for" ]; }

# Until all has happened and no more comes, or for show_s.
watch() {
	local end huge=0 since
	since=$(now_s)
	end=$((since + show_s))
	while [ "$(now_s)" -lt "$end" ]; do
		tell
		[ -n "$skipped_for" ] || skipped_for=$(skip_reason hog)
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
	echo "  redis-server  Debian's, with $keys keys of 1 kB"
	echo '                asked for some often and for most seldom (zipf)'
	echo '  partly        a test process: 192 MiB, uses 24 MiB of them, two fifths of the time'
	echo '  hog           another: burns CPU, with almost no memory'
	echo '  idle          a third: 256 MiB, and idle'
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

# By the page tables again: what was in use before, and is huge now; and what is huge, and was not.
say_redis() {
	local huge idle
	/add/touched --seconds 0 --since /tmp/slots "$(pid_of redis-server)" >/tmp/after || fail 'the page tables cannot be read'
	huge=$((2 * $(field /tmp/after of_these_huge))) idle=$((2 * $(field /tmp/after idle_made_huge)))
	echo "  redis-server: $huge of the $in_use MiB that it used are huge now ($((huge * 100 / in_use)) %)," \
		"and $idle MiB of what it did not use."
	[ $((huge * 100)) -ge $((in_use * redis_least_pct)) ] || fail "less than $redis_least_pct % of what redis uses is huge"
}

say_partly() {
	local huge hot
	huge=$(mib partly hot_huge_bytes) hot=$(mib partly hot_bytes)
	echo "  partly: $huge of its $hot MiB of hot memory are huge now ($((huge * 100 / hot)) %)," \
		"and $(mib partly cold_huge_bytes) of the $((192 - hot)) MiB that it does not use."
	hot_enough partly || fail 'less than 3/4 of the hot memory of partly is huge'
}

say_skipped() {
	if [ -n "$skipped_for" ]; then
		echo "  hog: burned CPU, and was left alone: $skipped_for."
	else
		fail 'hog was not skipped'
	fi
	[ "$(number hog anon_huge_bytes)" = 0 ] || fail 'hog has huge pages'
}

say_idle() {
	echo "  idle: $(mib idle anon_huge_bytes) of its $(mib idle rss_bytes) MiB are huge: it was idle, and nobody touched it."
	[ "$(number idle anon_huge_bytes)" = 0 ] || fail 'idle has huge pages'
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
look_at_redis
start_daemon
watch
ask_for_reports
end_daemon
echo
echo 'What happened, by the page tables of the processes:'
say_redis
say_partly
say_skipped
say_idle
say_restored
[ "$failures" = 0 ]
