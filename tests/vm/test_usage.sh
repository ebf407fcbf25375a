#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Who may run it, the contract of `status --json`, one daemon at a time, --pid, and what
# does not act.
. /add/guest.sh

# Words that cannot be written are a failure.
test_output_fails() {
	remember_state
	for words in --help --version 'check' 'check --json' 'cleanup' 'cleanup --help' 'run --help' 'top --help'; do
		expect 1 sh -c "hotdamon $words >/dev/full"
		must_say 'output: '
	done
	must_be_unchanged 'after all of them'
	ok 'each of them ends with 1 and says so'
}

as_nobody() { su -s /bin/sh nobody -c "$1"; }

test_without_root() {
	[ "$(as_nobody 'id -u')" = 65534 ] || fail 'nobody cannot run anything in this guest'
	remember_state
	expect 3 as_nobody 'hotdamon run --duration 5'
	must_say root
	expect 3 as_nobody 'hotdamon top -n 1 --json'
	as_nobody 'hotdamon check' >$T/said 2>$T/said.err
	[ -s $T/said ] || fail 'check says nothing without root'
	must_be_unchanged 'after trying without root'
	start_daemon --dry-run --state-dir $STATE_DIR --interval 1
	expect 0 as_nobody 'hotdamon status --json'
	expect 0 as_nobody 'hotdamon status'
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null
	expect 3 as_nobody 'hotdamon cleanup'
	[ -e $STATE_DIR/claim.json ] && [ -e $PIN ] || fail 'cleanup without root removed something'
	expect 0 hotdamon cleanup
	must_be_unchanged 'at the end'
	ok 'run, top and cleanup are refused; status works'
}

has_keys() {
	for key; do
		grep -q "^$key " $T/flat || fail "status --json has no $key"
	done
}

test_status_and_second_run() {
	expect 1 hotdamon status
	must_say 'no daemon is running'
	expect 1 hotdamon status --json
	remember_state
	load hot --mem 64
	load hog --hog --duty 40
	start_daemon --stop-damon-stat --interval 1
	wait_for 30 has_kdamond hot || fail 'hot is not watched'
	wait_for 5 in_skipped hog || fail 'the hog is not among the skipped'
	wait_for 10 knows_heat
	has_keys version executor tick window_s processes
	for key in pid start_time_ns comm cpu_pct rank seat kdamond_pid descent.state descent.min_access_pct \
		descent.min_accesses descent.max_accesses collapse.succeeded collapse.huge_bytes collapse.anon_bytes \
		benefit.verdict benefit.source benefit.hot_huge_pct_now reason; do
		has_keys "targets.0.$key"
	done
	for key in pid comm cpu_pct reason; do
		has_keys "skipped.0.$key"
	done
	[ "$(status_of targets.0.pid)" = "$(cat $DAMON/0/contexts/0/targets/0/pid_target)" ] || fail "the seat's target is another"
	expect 0 hotdamon status
	must_say '^ *0 .*hot '
	expect 1 sh -c 'hotdamon status --json >/dev/full'
	must_say 'output: '
	expect 1 sh -c 'ulimit -n 4; exec hotdamon status' # it passes: not a wrong --state-dir
	must_say 'Too many open files'
	bpftool map dump pinned $PIN >$T/said 2>$T/said.err || fail "the pinned map cannot be dumped"
	must_say '"comm": "hot"'
	kdamond=$(target hot kdamond_pid)
	expect 1 hotdamon run --stop-damon-stat
	must_say 'another hotdamon is running'
	expect 1 hotdamon cleanup
	must_say 'is running'
	expect 0 hotdamon run --dry-run --interval 0.5 --duration 1
	look && [ "$(status_of pid)" = "$daemon" ] || fail 'the dry run beside it wrote the status'
	tick=$(status_of tick)
	wait_for 10 ticked $((tick + 2)) || fail 'the first one does not tick any more'
	[ "$(target hot kdamond_pid)" = "$kdamond" ] || fail 'the first one lost its kdamond'
	stop_daemon
	no_complaints
	must_be_unchanged 'at the end'
	ok "all keys; the second run was refused, a dry one not, the first ticked on"
}
in_skipped() { look && [ -n "$(skipped "$1" reason)" ]; }
knows_heat() { look && target hot collapse.hot_bytes >/dev/null; }

test_listed_pids() {
	remember_state
	load one --mem 64
	one=$pid
	load two --mem 64
	free=4000000
	[ ! -d /proc/$free ] || fail "pid $free is taken"
	start_daemon --stop-damon-stat --interval 1 --pid "$one,$free"
	logged "pid $free: no such process: skipped" || fail 'the missing pid is not named'
	wait_for 30 has_kdamond one || fail 'the listed one is not watched'
	watches one || fail "watched are '$(watched)'"
	kill -TERM "$one"
	wait "$one"
	wait_for 10 logged 'all processes of --pid have ended' || fail 'it does not notice the end'
	wait "$daemon" || fail "it ended with $?"
	must_be_unchanged 'at the end'
	expect 1 hotdamon run --stop-damon-stat --pid $free
	must_be_unchanged 'after none could be watched'
	[ "$(complaints)" -eq 1 ] || fail "complaints: $(head -n 3 $ERRORS)"
	ok 'the existing one was watched to its end, the other one named'
}

is_ranked() { look && [ "$(target "$1" rank)" = "$2" ]; }

test_listed_by_heat() {
	load cool --mem 64 --duty 10
	cool=$pid
	load hot --mem 64
	start_daemon --dry-run --state-dir $STATE_DIR --interval 1 --pid "$cool,$pid"
	wait_for 10 is_ranked hot 1 || fail "rank $(target hot rank) is the hotter one's, which is named last"
	is_ranked cool 2 || fail "rank $(target cool rank) is the cooler one's"
	stop_daemon
	no_complaints
	ok 'they are ranked by their heat, in whatever order they are named'
}

no_context() { [ "$(cat $DAMON/nr_kdamonds)" = 0 ]; }

test_what_does_not_act() {
	load hot --mem 64
	remember_state
	start_daemon --stop-damon-stat --interval 1 --executor none
	wait_for 30 has_kdamond hot || fail 'hot is not watched'
	wait_for 20 in_state hot holding || fail "it is '$(target hot descent.state)', not holding"
	reason=$(target hot descent.reason)
	[ "$(cat $DAMON/0/contexts/0/schemes/0/action)" = stat ] || fail 'its scheme is not stat'
	stays 5 ticked 1
	[ "$(target hot collapse.succeeded)" = 0 ] || fail 'it collapsed'
	[ "$(truth hot anon_huge_bytes)" = 0 ] || fail 'memory became huge'
	stop_daemon
	must_be_unchanged 'after --executor none'
	: >$LOG
	start_daemon --dry-run --state-dir $STATE_DIR --interval 1
	wait_for 10 watches hot || fail 'the dry run does not choose'
	stays 3 no_context || fail 'the dry run makes kdamonds'
	grep -r '' /sys/kernel/mm/damon/admin | sort >$T/tree
	grep '^/sys/kernel/mm/damon' $T/before | cmp -s - $T/tree || fail "the dry run changes DAMON's sysfs"
	[ "$(cat $DAMON_STAT)" = Y ] || fail 'the dry run stops DAMON_STAT'
	[ "$(truth hot anon_huge_bytes)" = 0 ] || fail 'memory became huge'
	stop_daemon
	no_complaints
	must_be_unchanged 'after --dry-run'
	ok "none: $reason; dry run: 0 kdamonds"
}

left_out() { look && skipped "$1" reason | grep -q "$2"; }
wish() { /add/load wish "$CGROUP" "$1" || fail "no xattr can be written on $CGROUP"; }

# explains WORD STEP: of the process WORD, or whatever it names, it says the line STEP, a pattern.
explains() {
	hotdamon explain "$1" --delay 1 >$T/said 2>$T/said.err || return 1
	grep -q "$2" $T/said
}

# Beside a daemon and without one: the same steps, and the one that decides is named. Nothing is locked or changed.
test_explain() {
	mkdir /sys/fs/cgroup/first.service /sys/fs/cgroup/second.service
	load twin --mem 64
	echo "$pid" >/sys/fs/cgroup/first.service/cgroup.procs
	load twin2 --mem 64 --duty 60
	echo "$pid" >/sys/fs/cgroup/second.service/cgroup.procs
	load small --mem 8
	remember_state
	expect 2 hotdamon explain /
	expect 1 hotdamon explain nobody-is-called-so
	explains first '^twin .* of first.service: would be watched: hot' || fail "without a daemon: $(cat $T/said $T/said.err)"
	explains small '^    - memory: .* MiB could become huge, 32 are asked for' || fail "small: $(cat $T/said $T/said.err)"
	explains first '^    ? heat: not known' || fail "the heat is known without a daemon: $(cat $T/said)"
	must_be_unchanged 'after explaining without a daemon'
	start_daemon --stop-damon-stat --interval 1 --top 1 --exclude unit=second
	wait_for 30 has_kdamond twin || fail 'twin is not watched'
	wait_for 10 explains first.service '^twin .*: watched: hot' || fail "beside the daemon: $(cat $T/said $T/said.err)"
	explains first.service '^      descent: ' || fail "the daemon's lines are missing: $(cat $T/said)"
	wait_for 10 explains second '^    - rules: left out by --exclude unit=second$' || fail "second: $(cat $T/said $T/said.err)"
	explains /second.service '^twin2 .*: not watched: left out by' || fail "by its cgroup: $(cat $T/said $T/said.err)"
	expect 0 as_nobody 'hotdamon explain first'
	stop_daemon
	no_complaints
	ok "$(head -n 1 $T/said)"
}

# map_shows PATTERN: a row of cells of the process hot, in characters.
map_shows() { hotdamon map hot >$T/said 2>$T/said.err && grep -q "^ *[0-9a-f]*  .*$1" $T/said; }

# What is there, without a daemon; and by the daemon's map what of it is hot, and what became of that.
test_map() {
	load hot --mem 64
	remember_state
	map_shows '\.\{32\}' || fail "without a daemon: $(cat $T/said $T/said.err)"
	must_say 'no daemon watches it'
	must_be_unchanged 'after a map without a daemon'
	start_daemon --stop-damon-stat --interval 1 $BUDGET
	wait_for 60 map_shows '[A-G]\{20\}' || fail "no hot and huge memory: $(cat $T/said $T/said.err)"
	grep -q 'pay for huge pages' $T/said || fail "nothing pays: $(cat $T/said)"
	grep '^ *[0-9a-f]*  .*[A-G]' $T/said >$T/row
	expect 0 hotdamon map hot --svg $T/map.svg
	[ "$(grep -c '<rect' $T/map.svg)" -ge 32 ] && grep -q '</svg>' $T/map.svg || fail "its SVG is none: $(head -c 300 $T/map.svg)"
	expect 1 as_nobody 'hotdamon map hot'
	must_say 'Permission denied'
	stop_daemon
	no_complaints
	must_be_unchanged 'at the end'
	ok "$(head -n 1 $T/row)"
}

# Who is left out has no kdamond, though it is the hottest; and the owner's word holds at once.
test_rules() {
	CGROUP=/sys/fs/cgroup/rules
	mkdir $CGROUP
	load outsider --mem 64
	load insider --mem 64 --duty 60
	echo "$pid" >$CGROUP/cgroup.procs
	remember_state
	start_daemon --stop-damon-stat --interval 1 --top 1 --only user=root --exclude exe=workload --only cgroup=/rules
	wait_for 20 has_kdamond insider || fail "insider is not watched: $(skipped insider reason)"
	left_out outsider '^left out by --exclude exe=workload$' || fail "outsider is skipped for '$(skipped outsider reason)'"
	target insider reason | grep -q 'let in by --only cgroup=/rules$' || fail "its reason is '$(target insider reason)'"
	stop_daemon
	: >$LOG
	start_daemon --stop-damon-stat --interval 1 --top 1
	wait_for 20 has_kdamond outsider || fail 'outsider is not watched, and is the hotter one'
	wish prefer
	wait_for 20 has_kdamond insider || fail "insider is not preferred: $(skipped insider reason)"
	wish omit
	wait_for 20 has_kdamond outsider || fail 'outsider has no seat, though the other one was left out'
	left_out insider 'left out by its owner: `omit`' || fail "insider is skipped for '$(skipped insider reason)'"
	wish always
	wait_for 20 left_out insider 'all 1 places are taken' || fail "insider is skipped for '$(skipped insider reason)'"
	[ "$(grep -c "cgroup /rules: .always. in its xattr user.hotdamon is ignored" $ERRORS)" = 1 ] || fail "not said once: $(cat $ERRORS)"
	[ "$(grep -c 'insider.* left out by its owner' $LOG)" = 1 ] || fail 'that it was left out is not said once'
	stop_daemon
	must_be_unchanged 'at the end'
	ok 'by rules, and by the owner, both ways'
}

# systemd's MemoryTHP=madvise: the kernel would let collapses through, and /proc shows it to nobody.
test_advised_only() {
	load advised --mem 64 --thp-advised
	grep -q '^THP_enabled:.*1' "/proc/$pid/status" || fail "/proc does show it: $(grep THP "/proc/$pid/status")"
	load plain --mem 64 --duty 60
	start_daemon --stop-damon-stat --interval 1 --top 2
	wait_for 20 has_kdamond plain || fail "plain is not watched: $(skipped plain reason)"
	left_out advised 'it wants huge pages only where it advises them' || fail "advised is skipped for '$(skipped advised reason)'"
	stop_daemon
	[ "$(truth advised anon_huge_bytes)" = 0 ] || fail "$(truth advised anon_huge_bytes) bytes of it are huge"
	start_daemon --stop-damon-stat --interval 1 --top 2 --only comm=advised
	wait_for 20 has_kdamond advised || fail "--only does not let it in: $(skipped advised reason)"
	stop_daemon
	no_complaints
	ok 'it is left alone, but with --only'
}

run_tests output_fails without_root status_and_second_run listed_pids listed_by_heat explain map rules advised_only what_does_not_act
