#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Inside the machine: one load after the other, and for each one way after the other to make its hot memory huge.
# Every pair gets a process of its own, filled with base pages; run makes tables of the lines that begin with "@row".
# From the environment: LOADS, ROWS, AT (seconds, ascending), HOTDAMON_OPTIONS.
. /add/guest.sh
. /add/ways.sh

SCAN=/sys/kernel/tracing/events/huge_memory/mm_khugepaged_scan_pmd
SETTLE=1 # seconds of load before anything is measured
IDLE=4   # and seconds of nothing but load, that the others are compared with
NAME=bench

options_of() {
	case $1 in
	range) echo --mem 384 --hot 64 --hot-at 160 ;;
	upper) echo --mem 384 --hot 64 --hot-at 320 ;;
	islands) echo --mem 384 --hot 48 --islands 24 --spacing 16 ;;
	unequal) echo --mem 384 --range 32:16:8,128:32:4,256:32:1 ;;
	sparse) echo --mem 384 --sparse 64 ;;
	vmas) echo --mem 384 --hot 64 --hot-at 160 --vmas 96 ;;
	# Not 20: at 60 s it would be looked at as it moves.
	moving) echo --mem 384 --hot 48 --hot-at 96 --move 22 ;;
	snapshot) echo --mem 256 --hot 48 --hot-at 96 --snapshot 10 ;;
	*) return 1 ;;
	esac
}

# skip WHY: this row cannot be had.
skip() {
	echo "@row load=$load_name row=$row_name skipped=$(echo "$*" | tr ' ' '_')"
	exit 0
}

# ---- the target ----

# field KEY: of the target's last report.
field() { tail -n 1 $T/truth | sed -n "s/.*[,{]\"$1\":\([0-9.]*\)[,}].*/\1/p"; }

reports() { [ "$(wc -l <$T/truth)" -ge "$1" ]; }

# ask: a report of this moment.
ask() {
	asked=$(wc -l <$T/truth)
	kill -USR1 "$target"
	wait_for 20 reports $((asked + 1)) || fail 'the target does not answer'
}

start_target() {
	: >$T/truth
	# shellcheck disable=SC2046 # words
	workload --name $NAME --report 100000 --report-file $T/truth $(options_of "$load_name") "$@" &
	target=$!
	echo "$target" >>$T/pids
	wait_for 60 reports 1 || fail 'the target does not begin'
	sleep $SETTLE
	kill -USR2 "$target"
	sleep $IDLE
	ask
	idle="idle_accesses=$(field window_accesses) idle_s=$(field window_s)"
}

# ---- what is counted besides ----

count_scans() { echo 'hist:keys=status' >$SCAN/trigger; }
forget_scans() { echo 'hist:keys=status:clear' >>$SCAN/trigger; }

# scans: "tried=... made=... already=...": huge page slots looked at in order to collapse them, by all.
scans() {
	mapped=$(sed -n 's/.*{\([0-9]*\), "page_pmd_mapped"}.*/\1/p' $SCAN/format)
	awk -v mapped="$mapped" '
		/hitcount:/ {
			gsub(/[{}:,]/, " ")
			for (i = 1; i < NF; i++) {
				if ($i == "status") status = $(i + 1)
				if ($i == "hitcount") hits = $(i + 1)
			}
			tried += hits
			if (status == 1) made += hits
			if (status == mapped) already += hits
		}
		END { printf "tried=%d made=%d already=%d", tried, made, already }' $SCAN/hist
}

# ---- the ways ----

begin_nothing() { :; }

# by_hand PCT
by_hand() {
	begin_by_hand "$target" "$1"
	case $? in
	0) ;;
	2) skip 'the kernel has no collapse scheme' ;;
	*) fail 'the kdamond is not to be set up' ;;
	esac
}

chosen() { grep -q "in: $NAME ($target)" $LOG || gone "$daemon"; }

# begin_hotdamon EXECUTOR: until it has chosen the target.
begin_hotdamon() {
	: >$LOG
	# shellcheck disable=SC2086 # words
	hotdamon run --executor "$1" --min-anon 1 $HOTDAMON_OPTIONS >>$LOG 2>>$ERRORS &
	daemon=$!
	echo "$daemon" >>$T/daemons
	wait_for 60 chosen || fail 'the target is not chosen'
	alive "$daemon" && return
	wait "$daemon"
	case $? in
	2) skip 'not built' ;;
	3) skip "this kernel lacks what it needs" ;;
	*) fail 'hotdamon ended' ;;
	esac
}

# ---- a row ----

# measure: what is seen at each column, and at the last.
measure() {
	began=$(now_cs)
	kill -USR2 "$target"
	forget_scans
	khugepaged=$(named khugepaged) # there only while the mode is not "never"
	khugepaged_before=$(cpu_ns $khugepaged)
	daemon_before=$(cpu_ns $daemon)
	line="load=$load_name row=$row_name $idle"
	for column in $AT; do
		while [ "$(now_cs)" -lt $((began + column * 100)) ]; do
			sleep 0.1
		done
		ask
		line="$line hot$column=$(field hot_huge_bytes) accesses$column=$(field window_accesses) s$column=$(field window_s)"
	done
	elapsed_cs=$(($(now_cs) - began))
	line="$line fit=$(field hot_fit_bytes) cold=$(field never_hot_huge_bytes) filled=$(field filled_bytes)"
	line="$line rss=$(field heap_rss_bytes) p50=$(field window_p50_us) p999=$(field window_p999_us) max=$(field window_max_us)"
	# shellcheck disable=SC2046 # words
	line="$line $(scans) kdamond_ns=$(cpu_ns $(named 'kdamond.*')) daemon_ns=$(($(cpu_ns $daemon) - daemon_before))"
	line="$line khugepaged_ns=$(($(cpu_ns $khugepaged) - khugepaged_before)) elapsed_cs=$elapsed_cs"
	echo "@row $line"
}

run_row() {
	row_name=$1 daemon=''
	case $row_name in
	never | damos50 | damos5 | hotdamon-*) thp never && start_target ;;
	always) thp always && start_target ;;
	khugepaged) thp never && start_target --hugepage ;;
	*) fail "no row '$row_name'" ;;
	esac
	case $row_name in
	# The target asks at each window's begin; under "never" that does not reach khugepaged.
	khugepaged) thp madvise ;;
	damos50) by_hand 50 ;;
	damos5) by_hand 5 ;;
	hotdamon-*) begin_hotdamon "${row_name#hotdamon-}" ;;
	esac
	measure
	: >$T/ok
	case $row_name in
	damos*) end_by_hand ;;
	hotdamon-*)
		sed "s/^/@log $row_name: /" $LOG $ERRORS
		stop_daemon
		;;
	esac
}

# row NAME: in a subshell; what it started is ended.
row() {
	rm -rf $T
	mkdir -p $T
	: >$T/daemons
	: >$T/pids
	: >$ERRORS
	(run_row "$1")
	result=$?
	if [ $result -ne 0 ] || [ -e $T/why ]; then
		echo "@failed load=$load_name row=$1 $(cat $T/why 2>/dev/null)"
		say_log
	fi
	end_all 2>/dev/null
	echo 0 >$DAMON/nr_kdamonds 2>/dev/null
	thp never
}

[ ! -e $DAMON_STAT ] || echo N >$DAMON_STAT
count_scans || exit 1
for load_name in $LOADS; do
	options_of "$load_name" >/dev/null || exit 2
	for row_name in $ROWS; do
		row "$row_name"
	done
done
echo "@end $(uname -r)"
