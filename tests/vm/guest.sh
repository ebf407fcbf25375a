# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034 # what others use
# What the tests of tests/vm share in the guest: busybox sh, no jq. Sourced, not run.
#
# A test is a function test_NAME, run by run_tests in a subshell of its own; it ends with
# `ok NUMBERS` or `fail WHY`, or goes on to its end, which is neither and so a failure.
# What it started is ended after it. Lines for the suite begin with "plan", "ok" or "not ok".

DAMON=/sys/kernel/mm/damon/admin/kdamonds
DAMON_STAT=/sys/module/damon_stat/parameters/enabled
STATE_DIR=/run/hotdamon
PIN=/sys/fs/bpf/hotdamon/process_hotness
MIB=1048576
# To collapse 2 MiB takes an emulated CPU 30 ms and more, thirty times what it takes a real one, and what a kdamond
# costs it is no measure of anything: the executor madvise without its budgets.
BUDGET='--stall-budget-us 1000000 --monitor-cpu-pct 0 --payback 200000'
T=/tmp/test
LOG=$T/log       # the daemon's stdout
ERRORS=$T/errors # and stderr

# ---- time and conditions ----

# Hundredths of seconds since boot.
now_cs() {
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}"
}

# seconds_since CS: with one decimal.
seconds_since() {
	echo "$(($(now_cs) - $1))" | awk '{ printf "%.1f", $1 / 100 }'
}

# wait_for SECONDS COMMAND...: until the command succeeds; false when it does not in time.
wait_for() {
	wait_end=$(($(now_cs) + $1 * 100))
	shift
	until "$@"; do
		[ "$(now_cs)" -lt "$wait_end" ] || return 1
		sleep 0.1
	done
}

# stays SECONDS COMMAND...: the command succeeds all that time.
stays() {
	stay_end=$(($(now_cs) + $1 * 100))
	shift
	while [ "$(now_cs)" -lt "$stay_end" ]; do
		"$@" || return 1
		sleep 0.3
	done
}

not() { ! "$@"; }

alive() { [ -d "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }
gone() { ! alive "$1"; }

# ---- results ----

ok() {
	echo "$*" >$T/ok
	exit 0
}

fail() {
	echo "$*" >$T/why
	exit 1
}

# A program, which some tests copy to here, is none.
is_text() { [ "$(head -c 512 "$1" | tr -cd '\000' | wc -c)" -eq 0 ]; }

say_log() {
	for file in $T/*; do
		[ -s "$file" ] && is_text "$file" || continue
		lines=60
		case $file in
		*/flat | */why | */ok | */before* | */after | */pids | */daemons | */kdamonds) continue ;;
		*.truth) lines=2 ;;
		*/status | */tree) lines=25 ;;
		esac
		echo "  ---- ${file#"$T"/}"
		tail -n $lines "$file" | cut -c 1-400 | sed 's/^/  | /'
	done
	echo "  ---- kernel"
	dmesg | tail -n 5 | sed 's/^/  | /'
}

# end_all: what the test started, and what is left of a daemon.
end_all() {
	while read -r pid; do
		kill -CONT "$pid"
		kill -TERM "$pid"
	done <$T/daemons
	while read -r pid; do
		wait_for 20 gone "$pid" || kill -9 "$pid"
	done <$T/daemons
	while read -r pid; do
		kill -9 "$pid"
	done <$T/pids
	hotdamon cleanup >/dev/null
	while read -r pid; do
		wait_for 10 gone "$pid"
	done <$T/pids
}

run_test() {
	rm -rf $T
	mkdir -p $T
	: >$T/daemons
	: >$T/pids
	: >$ERRORS
	test_began=$(now_cs)
	(
		"test_$1"
		fail 'the test came to no result'
	) 2>$T/stderr
	if [ -e $T/ok ] && [ ! -e $T/why ]; then
		echo "ok $1 ($(cat $T/ok)) [$(seconds_since "$test_began") s]"
	else
		echo "not ok $1: $(cat $T/why 2>/dev/null || echo 'it broke off') [$(seconds_since "$test_began") s]"
		say_log
	fi
	end_all 2>/dev/null
}

# run_tests NAME...: all of them, or those named in $TESTS.
run_tests() {
	plan=
	for name; do
		case " ${TESTS:-$name} " in *" $name "*) plan="$plan $name" ;; esac
	done
	# shellcheck disable=SC2086 # words
	set -- $plan
	echo "plan $#"
	echo never >/sys/kernel/mm/transparent_hugepage/enabled
	for name; do
		run_test "$name"
	done
}

# ---- JSON ----

# json <FILE: one line per value, "path value", as in: targets.0.descent.state holding
json() {
	awk '
	function put(value) { print key[depth] " " value; after() }
	function after() { if (list[depth]) key[depth] = base[depth] "." ++place[depth] }
	function begin(is_list) {
		base[depth + 1] = key[depth]
		depth++
		list[depth] = is_list
		place[depth] = 0
		key[depth] = is_list ? base[depth] ".0" : base[depth]
	}
	function take(token) {
		if (token == "{" || token == "[") begin(token == "[")
		else if (token == "}" || token == "]") { depth--; after() }
		else if (token ~ /:$/) { gsub(/^"|"[ \t]*:$/, "", token); key[depth] = base[depth] "." token }
		else { gsub(/^"|"$/, "", token); put(token) }
	}
	{
		text = $0
		while (match(text, /"([^"\\]|\\.)*"[ \t]*:|"([^"\\]|\\.)*"|[][{}]|[^][{},: \t"]+/)) {
			token = substr(text, RSTART, RLENGTH)
			text = substr(text, RSTART + RLENGTH)
			take(token)
		}
	}' | sed 's/^\.//'
}

# value PATH <FLAT
value() {
	awk -v path="$1" '$1 == path { sub(/^[^ ]* /, ""); print; found = 1; exit } END { exit !found }'
}

# look: reads the status anew.
look() { hotdamon status --json 2>/dev/null >$T/status && json <$T/status >$T/flat; }

status_of() { value "$1" <$T/flat; }

# entry LIST COMM-OR-PID: its place in the list of targets or of skipped.
entry() {
	awk -v list="$1" -v who="$2" '
		$1 ~ "^" list "\\.[0-9]+\\.(comm|pid)$" && $2 == who { split($1, part, "."); print part[2]; exit }' $T/flat
}

# target COMM-OR-PID KEY; skipped COMM-OR-PID KEY
target() {
	at=$(entry targets "$1")
	[ -n "$at" ] && status_of "targets.$at.$2"
}
skipped() {
	at=$(entry skipped "$1")
	[ -n "$at" ] && status_of "skipped.$at.$2"
}
# skips COMM-OR-PID PATTERN: for that reason.
skips() { look && skipped "$1" reason | grep -q "$2"; }

# watched: names of the targets, in order of their names.
watched() { awk '$1 ~ /^targets\.[0-9]+\.comm$/ { print $2 }' $T/flat | sort | tr '\n' ' ' | sed 's/ $//'; }

watches() { look && [ "$(watched)" = "$1" ]; }
has_kdamond() { look && at=$(target "$1" kdamond_pid) && [ "$at" != null ] && [ -n "$at" ]; }
ticked() { look && [ "$(status_of tick)" -ge "$1" ]; }
in_state() { look && [ "$(target "$1" descent.state)" = "$2" ]; }

# ---- processes ----

# load NAME OPTION...: a workload that reports into $T/NAME.truth; its pid goes to $pid.
load() {
	name=$1
	shift
	workload --name "$name" --report 1 --report-file "$T/$name.truth" "$@" &
	pid=$!
	echo "$pid" >>$T/pids
	wait_for 60 test -s "$T/$name.truth" || fail "the workload $name does not begin"
}

# attempts COMM: on its memory by our kdamond, as BPF saw them at the kernel's tracepoints, whatever came of them.
attempts() {
	at=$(entry targets "$1")
	[ -n "$at" ] || return 1
	awk -v base="targets.$at.collapse" '
		$1 == base ".succeeded" || $1 == base ".already_huge" || index($1, base ".failed.") == 1 { n += $2 }
		END { print n + 0 }' $T/flat
}

# cpu_ns PID: of a thread, as the scheduler counts it.
cpu_ns() { cut -d ' ' -f 1 "/proc/$1/schedstat"; }

# three_quarters NAME MIB: so much of its hot memory is huge, by its own page map.
parked() { look && [ "$(target "$1" descent.acting)" = false ]; }
three_quarters() { [ "$(truth "$1" hot_huge_bytes)" -ge $(($2 * MIB * 3 / 4)) ]; }

# nearly_all NAME MIB: 98 % of so much hot memory is huge, by its own page map.
nearly_all() { [ "$(truth "$1" hot_huge_bytes)" -ge $(($2 * MIB / 100 * 98)) ]; }
hot_and_cold() { echo "$(truth_mib "$1" hot_huge_bytes) MiB hot and $(truth_mib "$1" cold_huge_bytes) cold are huge"; }
few_cold() { [ "$(truth "$1" cold_huge_bytes)" -le $((2 * MIB)) ] || fail "$(hot_and_cold "$1")"; }

# daemon OPTION...: its pid goes to $daemon; waits for nothing.
daemon() {
	hotdamon run "$@" >>$LOG 2>>$ERRORS &
	daemon=$!
	echo "$daemon" >>$T/daemons
}

ready() { grep -q 'hotdamon .* on Linux' $LOG 2>/dev/null && [ -e $STATE_DIR/status.json ]; }
start_daemon() {
	daemon "$@"
	wait_for 60 ready || fail 'the daemon is not ready within 60 s'
	ready_at=$(now_cs)
}

# stop_daemon: by SIGTERM; its exit status must be 0.
stop_daemon() {
	kill -TERM "$daemon"
	wait "$daemon"
	status=$?
	[ $status -eq 0 ] || fail "the daemon ended with $status"
}

# expect STATUS COMMAND...: runs it, its words go to $T/said and $T/said.err.
expect() {
	expected=$1
	shift
	"$@" >$T/said 2>$T/said.err
	status=$?
	[ $status -eq "$expected" ] || fail "'$*' ended with $status, not $expected: $(head -c 300 $T/said.err)"
}

said() { cat $T/said $T/said.err | grep -q -- "$1"; }
must_say() { said "$1" || fail "it does not say '$1' but: $(cat $T/said $T/said.err | head -c 400)"; }
logged() { cat $LOG $ERRORS 2>/dev/null | grep -q -- "$1"; }
complaints() { wc -l <$ERRORS; }
no_complaints() { [ "$(complaints)" = 0 ] || fail "complaints ($(complaints)): $(head -n 3 $ERRORS)"; }

# truth NAME KEY: of the workload's last report.
truth() { tail -n 1 "$T/$1.truth" | json | value "$2"; }
truth_mib() { echo $(($(truth "$1" "$2") / MIB)); }

# status_tells NAME: of a process that had no huge page before, status knows what its page tables and the tracepoint say.
huge_of() { awk '/^AnonHugePages/ { print $2 * 1024 }' "/proc/$1/smaps_rollup"; }
status_tells() {
	look || return 1
	huge=$(huge_of "$(target "$1" pid)")
	[ "$(target "$1" collapse.huge_bytes)" = "$huge" ] && [ "$(($(target "$1" collapse.succeeded) * 2 * MIB))" = "$huge" ]
}
told() {
	look
	echo "$1: status has $(target "$1" collapse.huge_bytes) bytes huge by $(target "$1" collapse.succeeded) collapses; smaps: $(huge_of "$(target "$1" pid)")"
}

# ---- the host's state ----

# host_state: all that hotdamon must leave as it was.
host_state() {
	grep -r '' /sys/kernel/mm/damon/admin 2>/dev/null | sort
	echo "DAMON_STAT $(cat $DAMON_STAT 2>/dev/null)"
	find /sys/fs/bpf | sort
	find /run | sort
}

remember_state() { host_state >$T/before; }
unchanged() {
	host_state >$T/after
	cmp -s $T/before $T/after
}
# The difference in a line, for a failure.
changes() { diff $T/before $T/after | grep '^[-+][^-+]' | head -n 5 | tr '\n' ' '; }
must_be_unchanged() { unchanged || fail "$1: not as before: $(changes)"; }

# foreign_kdamond NUMBER PID: sets one up by hand, vaddr.
foreign_kdamond() {
	echo 1 >"$DAMON/$1/contexts/nr_contexts"
	echo vaddr >"$DAMON/$1/contexts/0/operations"
	echo 1 >"$DAMON/$1/contexts/0/targets/nr_targets"
	echo "$2" >"$DAMON/$1/contexts/0/targets/0/pid_target"
}
