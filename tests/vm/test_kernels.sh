#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# One program for many kernels: what BPF needs, what `top` shows, what `run` does with each.
. /add/guest.sh

test_bpf_objects_load() {
	loaded=
	for object in /add/bpf/*.bpf.o; do
		name=$(basename "$object" .bpf.o)
		bpftool prog loadall "$object" "/sys/fs/bpf/$name" >$T/said 2>$T/said.err ||
			fail "$name: $(tail -n 5 $T/said.err | tr '\n' ' ')"
		loaded="$loaded $name: $(find "/sys/fs/bpf/$name" -type f | wc -l) programs,"
		rm -r "/sys/fs/bpf/$name"
	done
	[ -n "$loaded" ] || fail 'there are no objects'
	ok "$(uname -r),${loaded%,}"
}

hottest_is() { hotdamon top --json -n 1 -d 1 2>>$T/top.err | tail -n 1 >$T/top && json <$T/top >$T/flat && [ "$(value processes.0.comm <$T/flat)" = "$1" ]; }

test_top() {
	load spins --hog
	remember_state
	wait_for 15 hottest_is spins || fail "the hottest is '$(value processes.0.comm <$T/flat)'"
	for key in window_s processes.0.pid processes.0.start_time_ns processes.0.comm processes.0.cpu_pct \
		processes.0.user_s processes.0.system_s processes.0.threads; do
		grep -q "^$key " $T/flat || fail "top --json has no $key"
	done
	[ "$(wc -l <$T/top)" -eq 1 ] || fail "top --json -n 1 prints $(wc -l <$T/top) lines"
	[ "$(value processes.0.pid <$T/flat)" = "$pid" ] || fail 'the pid is wrong'
	must_be_unchanged 'after top'
	ok "spins: $(value processes.0.cpu_pct <$T/flat) % of a CPU"
}

# seconds_of COMM: what all windows together gave to processes of this name, and how many of them were told as ended.
seconds_of() {
	while read -r line; do echo "$line" | json; done <$T/top | awk -v comm="$1" '
		$1 !~ /^processes\./ { next }
		$1 ~ /\.comm$/ { mine = $2 == comm }
		mine && $1 ~ /\.(user_s|system_s)$/ { seconds += $2 }
		mine && $1 ~ /\.ended$/ && $2 == "true" { ended++ }
		END { printf "%.3f %d", seconds, ended }'
}

windows_are() { [ "$(wc -l <$T/top)" -ge "$1" ]; }

# What the load used, with its exit, which takes an emulated CPU long; or its children, as it says, of which it waited for
# each.
used() { json <$T/said | grep -q '^children ' && json <$T/said | value cpu_s || awk '/^(user|sys)/ { n += $2 } END { print n }' $T/used; }

# counted FILE COMM ENDED LOAD...: between two windows a load does its work; all that this took by getrusage() is counted,
# and that many processes are told to have ended.
counted() {
	file=$T/$1 comm=$2 ended=$3
	shift 3
	cp /add/load "$file"
	hotdamon top --json -d 0.5 >$T/top 2>>$T/top.err &
	top=$!
	echo $top >>$T/pids
	wait_for 20 windows_are 1 || fail 'top prints nothing'
	time -p -o $T/used "$file" "$@" >$T/said || fail "the load $* failed"
	wait_for 20 windows_are $(($(wc -l <$T/top) + 3)) || fail 'top stopped'
	kill $top
	want=$(used)
	told=$(seconds_of "$comm")
	counts="$counts $comm: ${told% *} s of $want s,"
	echo "${told% *} $want" | awk '{ exit !($1 >= $2 * 0.98 - 0.02 && $1 <= $2 * 1.02 + 0.05) }' ||
		fail "$comm: counted ${told% *} s, used $want s"
	[ "${told#* }" -eq "$ended" ] || fail "$comm: ${told#* } were told to have ended, not $ended"
}

# Threads and processes that live for less than a window, or a tick; one that begins and ends in one.
test_counts() {
	counts=
	counted threads threads 1 threads 60 2
	counted storm storm-child 100 storm 100 2
	counted burner burner 1 burn 300
	ok "$(uname -r):${counts%,}"
}

test_watches_only() {
	load hot --mem 64
	remember_state
	daemon_stat=
	[ ! -e $DAMON_STAT ] || daemon_stat=--stop-damon-stat
	# shellcheck disable=SC2086 # one word or none
	start_daemon --executor none --interval 1 $daemon_stat
	wait_for 20 has_kdamond hot || fail 'it is not watched'
	[ "$(status_of executor)" = none ] || fail "the executor is $(status_of executor)"
	wait_for 30 in_state hot holding || fail "it is '$(target hot descent.state)', not holding"
	[ "$(truth hot anon_huge_bytes)" = 0 ] || fail 'memory became huge'
	stop_daemon
	no_complaints
	must_be_unchanged 'at the end'
	ok "$(grep 'at the end: hot' $LOG | sed 's/.*: hot/hot/')"
}

can_collapse() { [ "$(uname -r | cut -d. -f1)" -ge 7 ] && ! uname -r | grep -q '^7\.[01]\.'; }

# collapses EXECUTOR OPTION...: some of the memory of a new process becomes huge by it.
collapses() {
	executor=$1
	shift
	load "$executor" --mem 48
	: >$LOG
	start_daemon --interval 1 $daemon_stat "$@"
	wait_for 30 huge "$executor" || fail "$executor: nothing becomes huge"
	look && [ "$(status_of executor)" = "$executor" ] || fail "the executor is $(status_of executor), not $executor"
	stop_daemon
	kill "$pid"
	no_complaints
	must_be_unchanged 'at the end'
	made="$made, $executor: $(truth_mib "$executor" hot_huge_bytes) MiB huge"
}

# auto takes madvise, which each of these kernels has; damos wants 7.2, or is refused.
test_auto_collapses() {
	remember_state
	daemon_stat='' made=''
	[ ! -e $DAMON_STAT ] || daemon_stat=--stop-damon-stat
	hotdamon check --json >$T/said
	[ "$(json <$T/said | value executor)" = madvise ] || fail "check says that auto takes $(json <$T/said | value executor)"
	collapses madvise
	if can_collapse; then
		collapses damos --executor damos
	else
		expect 3 hotdamon run --executor damos --duration 5
		must_say 'collapse_action'
		must_be_unchanged 'after the refusal of damos'
	fi
	ok "${made#, }"
}
huge() { [ "$(truth "$1" hot_huge_bytes)" -ge $((4 * MIB)) ]; }

# The names of what is missing, in what check, or run, said last.
missing_by_check() { awk '$2 == "missing" { print $1 }' $T/said | sort | tr '\n' ' '; }
missing_by_run() { sed -n 's/.*error: \([a-z_]*\): .*/\1/p' $T/said $T/said.err | sort | tr '\n' ' '; }

# On a kernel that cannot, or locked down: check says so, run and top end alike, and nothing is changed.
test_refuses() {
	remember_state
	expect 3 hotdamon check
	must_say 'not ready'
	missing=$(missing_by_check)
	case $(cat /sys/kernel/security/lockdown) in
	*'[confidentiality]'*) wanted=bpf_loading counts=3 ;;
	*) wanted=pagemap_scan counts=0 ;; # Debian's 6.1 has no DAMON at all
	esac
	case " $missing" in *" $wanted "*) ;; *) fail "check misses no $wanted, but: $missing" ;; esac
	expect 3 hotdamon run --duration 5
	[ "$(missing_by_run)" = "$missing" ] || fail "run misses $(missing_by_run), check $missing"
	expect 3 hotdamon run --executor madvise --duration 5
	expect 3 hotdamon run --executor none --duration 5
	expect $counts hotdamon run --dry-run --duration 5
	expect $counts hotdamon top -n 1 -d 0.2
	must_be_unchanged 'after the refusals'
	ok "$(uname -r): $missing"
}

run_tests bpf_objects_load top counts watches_only auto_collapses refuses
