#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# CPU 1 is isolated and nohz_full: hotdamon leaves it alone, and counts what runs there.
. /add/guest.sh

CPU=/sys/devices/system/cpu
TRACING=/sys/kernel/tracing
QUEUED=$TRACING/events/csd/csd_queue_cpu

# on_quiet COMMAND...: there; its pid goes to $pid.
on_quiet() {
	taskset -c 1 "$@" >/dev/null 2>&1 &
	pid=$!
	echo "$pid" >>$T/pids
}

must_be_quiet() {
	[ "$(cat $CPU/isolated) $(cat $CPU/nohz_full)" = '1 1' ] || fail "isolated: $(cat $CPU/isolated), nohz_full: $(cat $CPU/nohz_full)"
	[ -d $QUEUED ] || fail 'the kernel does not tell which CPU interrupts which'
}

# Whom CPU 1 is interrupted by, from here on. What is sent from within an interrupt is not the task's that runs there.
watch_interrupts() {
	echo 'cpu == 1' >$QUEUED/filter
	echo >$TRACING/trace
	echo 1 >$QUEUED/enable
}
interrupts() {
	echo 0 >$QUEUED/enable
	grep csd_queue_cpu: $TRACING/trace >$T/interrupts
	grep -E '^ *(hotdamon|kdamond\.[0-9]+)-[0-9]+ +\[[0-9]+\] ..\.' $T/interrupts >$T/ours
	wc -l <$T/ours
}

windows_are() { [ "$(wc -l <$T/top)" -ge "$1" ]; }

# rows COMM: of each window in which the hottest has that name: its length, and user and system seconds of the hottest.
rows() {
	while read -r line; do echo "$line" | json; done <$T/top | awk -v comm="$1" '
		$1 == "window_s" { window = $2 }
		$1 == "processes.0.comm" { name = $2 }
		$1 == "processes.0.user_s" { user = $2 }
		$1 == "processes.0.system_s" && name == comm { print window, user, $2 }'
}

# count_windows N: that many windows of half a second, without those in which it begins and ends.
count_windows() {
	hotdamon top --json -d 0.5 >$T/top 2>>$T/top.err &
	top=$!
	echo $top >>$T/pids
	wait_for 30 windows_are 1 || fail 'top prints nothing'
	watch_interrupts
	wait_for 120 windows_are "$(($1 + 1))" || fail "after 120 s it has printed $(wc -l <$T/top) windows"
	found=$(interrupts)
	kill -INT $top
	wait $top
	sed -i 1d $T/top
	[ "$found" = 0 ] || fail "$found interrupts by it: $(head -n 2 $T/ours)"
}

# It never leaves its CPU, and never enters the kernel by itself: nothing there tells that it runs.
test_spinner() {
	must_be_quiet
	on_quiet /add/load spin
	count_windows 20
	rows load >$T/rows
	awk '{ all += $1; user += $2; used = $2 + $3; if (used < $1 * 0.98 || used > $1 * 1.02) bad = 1 }
		END { exit bad || NR < 20 || user < all * 0.98 }' $T/rows ||
		fail "not the hottest with 98 to 102 % of user time: window, user, system: $(tr '\n' ';' <$T/rows)"
	ok "$(wc -l <$T/rows) windows, $(awk '{ user += $2; all += $1 } END { printf "%.2f", 100 * user / all }' $T/rows) % of user time, no interrupt; by others: $(wc -l <$T/interrupts)"
}

# user and system ticks of a process
ticks() { sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 12,13; }

# What is in the kernel half of its time is split as /proc splits it. Both are read over the same time: top's first window
# begins, and its last one ends, about where /proc is read.
test_system_time() {
	must_be_quiet
	on_quiet dd if=/dev/zero of=/dev/null bs=64
	sleep 1
	hotdamon top --json -d 0.5 >$T/top 2>>$T/top.err &
	top=$!
	echo $top >>$T/pids
	wait_for 30 windows_are 1 || fail 'top prints nothing'
	ticks "$pid" >$T/ticks
	wait_for 120 windows_are 21 || fail "after 120 s it has printed $(wc -l <$T/top) windows"
	ticks "$pid" >>$T/ticks
	kill -INT $top
	wait $top
	rows dd | sed 1d | head -n 20 >$T/rows
	awk 'NR == FNR { user[NR] = $1 / 100; sys[NR] = $2 / 100; next } { window += $1; ours += $2; all += $2 + $3 }
		END {
			truth = (user[2] - user[1]) / (user[2] - user[1] + sys[2] - sys[1])
			printf "%d windows of %.2f s: %.2f s, of it user %.3f, by /proc %.3f\n", FNR, window, all, ours / all, truth
			far = ours / all - truth; off = all / window - 1
			exit FNR < 20 || far > 0.02 || far < -0.02 || off > 0.02 || off < -0.02 }' $T/ticks $T/rows >$T/split ||
		fail "$(cat $T/split)"
	ok "$(cat $T/split)"
}

allowed() { sed -n 's/^Cpus_allowed_list:[^0-9]*//p' "/proc/$1/status"; }

# The daemon and its kdamonds, while they watch. Nothing is collapsed: the kernel itself interrupts every CPU for that.
test_watching() {
	must_be_quiet
	load hot --mem 64
	on_quiet /add/load spin
	spinner=$pid
	start_daemon --stop-damon-stat --interval 1 --executor none
	wait_for 30 has_kdamond hot || fail 'hot is not watched'
	look
	began=$(status_of tick)
	watch_interrupts
	wait_for 60 ticked $((began + 20)) || fail 'no 20 ticks within 60 s'
	found=$(interrupts)
	[ "$found" = 0 ] || fail "$found interrupts by it: $(head -n 2 $T/ours)"
	[ "$(allowed "$daemon")/$(allowed "$(target hot kdamond_pid)")" = 0/0 ] ||
		fail "it may run on CPUs $(allowed "$daemon"), its kdamond on $(allowed "$(target hot kdamond_pid)")"
	skipped "$spinner" cpu_pct | awk '{ exit !($1 >= 98 && $1 <= 102) }' || fail "the spinner has $(skipped "$spinner" cpu_pct) % of a CPU"
	stop_daemon
	no_complaints
	hotdamon check | grep -q '^quiet_cpus .*isolated: 1; nohz_full: 1' || fail "check says $(hotdamon check | grep quiet_cpus)"
	ok "20 ticks, no interrupt; by others: $(wc -l <$T/interrupts)"
}

run_tests spinner system_time watching
