#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Everything is put back: after SIGTERM and after kill -9 at any moment; and nothing of anybody else's is
# touched.
. /add/guest.sh

# Ten moments: some by the clock, and some just after a step of the daemon's, as it takes them one by one. After
# kill -9 the half of them is cleaned up, the other half taken back by the next run: which of the two does it, the
# code is the same.
EVEN='0.05 0.8 pinned seats_made kdamond_on'
ODD='0.3 claimed stat_off seat_set_up later'

reads() {
	was=
	read -r was <"$1" && [ "$was" = "$2" ]
} 2>/dev/null

# Busy: a step lasts some milliseconds only. All of them together took 15 s on a busy host.
until_now() {
	wait_end=$(($(now_cs) + 6000))
	until "$@"; do
		tries=$((tries + 1))
		[ $((tries % 500)) -ne 0 ] || [ "$(now_cs)" -lt $wait_end ] || fail "not within 60 s: $*"
	done
}

await() {
	tries=0
	case $1 in
	claimed) until_now test -e $STATE_DIR/claim.json ;;
	pinned) until_now test -e $PIN ;;
	stat_off) until_now reads $DAMON_STAT N ;;
	seats_made) until_now test -e $DAMON/0 ;;
	seat_set_up) until_now reads $DAMON/1/contexts/0/schemes/nr_schemes 2 ;;
	kdamond_on) until_now reads $DAMON/0/state on ;;
	later)
		until_now reads $DAMON/0/state on
		sleep 2.5
		;;
	*) sleep "$1" ;;
	esac
}

# go_until MOMENT: a daemon, so far. With damos it sets up the most.
go_until() {
	daemon --executor damos --stop-damon-stat --interval 0.5
	await "$1"
}

kill_9() {
	go_until "$1"
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null
	left="$left $1:"
	[ ! -e $STATE_DIR/claim.json ] || left="${left}c"
	[ ! -e $PIN ] || left="${left}p"
	[ "$(cat $DAMON_STAT)" = Y ] || left="${left}d"
	[ ! -e $DAMON/0 ] || left="${left}s"
	! grep -qs on $DAMON/*/state || left="${left}k"
}

test_sigterm_at_any_moment() {
	load hot --mem 48 --duty 20 # the daemon needs the emulated CPUs
	remember_state
	statuses=
	for moment in $EVEN $ODD; do
		go_until "$moment"
		kill -TERM "$daemon"
		wait "$daemon"
		status=$?
		statuses="$statuses $moment:$status"
		must_be_unchanged "SIGTERM at $moment"
		case $moment in
		0.*) [ $status -eq 0 ] || [ $status -eq 143 ] || fail "at $moment it ended with $status" ;;
		*) [ $status -eq 0 ] || fail "at $moment it ended with $status" ;;
		esac
	done
	no_complaints
	ok "exit status${statuses}"
}

test_kill_9_and_cleanup() {
	load hot --mem 48 --duty 20 # the daemon needs the emulated CPUs
	remember_state
	left=
	for moment in $ODD; do
		kill_9 "$moment"
		expect 0 hotdamon cleanup
		must_be_unchanged "cleanup after kill -9 at $moment"
	done
	expect 0 hotdamon cleanup
	must_say 'nothing was left behind'
	must_be_unchanged 'a second cleanup'
	case $left in
	*later:cpdsk) ;;
	*) fail "the last one should have left all: $left" ;;
	esac
	ok "left (claim, pin, DAMON_STAT off, seats, kdamond on):$left"
}

test_kill_9_and_next_run() {
	load hot --mem 48 --duty 20 # the daemon needs the emulated CPUs
	remember_state
	left=
	for moment in $EVEN; do
		kill_9 "$moment"
		expect 0 hotdamon run --stop-damon-stat --interval 0.3 --duration 0.5
		must_be_unchanged "the next run after kill -9 at $moment"
	done
	must_say 'an earlier hotdamon (pid [0-9]*) was killed: took back 12 kdamond seats'
	ok "left (claim, pin, DAMON_STAT off, seats, kdamond on):$left"
}

# After kill -9, status says so, and the kdamonds it left still run.
test_status_after_kill_9() {
	load hot --mem 48 --duty 20 # the daemon needs the emulated CPUs
	start_daemon --stop-damon-stat --interval 1
	wait_for 30 has_kdamond hot || fail 'it is not watched'
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null
	[ "$(cat $DAMON/0/state)" = on ] || fail 'its kdamond does not run on'
	expect 1 hotdamon status
	must_say 'was killed; hotdamon cleanup'
	expect 0 hotdamon cleanup
	must_say '12 kdamond seats removed, DAMON_STAT on again'
	ok "$(cat $T/said)"
}

# beside WHAT: neither run nor cleanup touches what is there.
beside() {
	remember_state
	expect 3 hotdamon run --stop-damon-stat --duration 5
	must_be_unchanged "run beside $1"
	cp $T/said.err $T/refusal
	expect 3 hotdamon run --stop-damon-stat --executor none --duration 5
	must_be_unchanged "run --executor none beside $1"
	expect 0 hotdamon cleanup
	must_be_unchanged "cleanup beside $1"
}

# With hands on: three seats, the middle one running on a workload.
test_somebody_elses_kdamond() {
	echo N >$DAMON_STAT
	load foreign --mem 32 --duty 20
	echo 3 >$DAMON/nr_kdamonds
	foreign_kdamond 1 "$pid"
	echo on >$DAMON/1/state
	kdamond=$(cat $DAMON/1/pid)
	alive "$kdamond" || fail 'the foreign kdamond does not start'
	beside 'a running kdamond'
	[ "$(cat $DAMON/1/pid)" = "$kdamond" ] && [ "$(cat $DAMON/1/state)" = on ] || fail 'it was stopped'
	for word in "pid $kdamond" vaddr "$pid"; do
		grep -q "$word" $T/refusal || fail "the refusal does not tell '$word': $(cat $T/refusal)"
	done
	# A dry run needs no kdamond and so harms none.
	expect 0 hotdamon run --dry-run --interval 0.5 --duration 1
	must_be_unchanged 'a dry run beside a running kdamond'
	running=$(head -n 1 $T/refusal | cut -c 1-160)
	echo off >$DAMON/1/state
	# Off, but set up: still somebody's.
	beside 'a seat that is set up'
	echo 0 >$DAMON/1/contexts/nr_contexts
	remember_state
	expect 0 hotdamon run --stop-damon-stat --interval 0.5 --duration 1
	must_be_unchanged 'a run where three empty seats were'
	[ "$(cat $DAMON/nr_kdamonds)" = 3 ] || fail 'the three empty seats are not there again'
	echo 0 >$DAMON/nr_kdamonds
	echo Y >$DAMON_STAT
	ok "$running"
}

all_off() { ! grep -qs on $DAMON/*/state; }

test_tree_replaced_after_kill_9() {
	load hot --mem 48 --duty 20 # the daemon needs the emulated CPUs
	echo N >$DAMON_STAT
	for how in other same; do
		start_daemon --interval 0.5 --by process
		wait_for 30 has_kdamond hot || fail 'it is not watched'
		kill -9 "$daemon"
		wait "$daemon" 2>/dev/null
		for seat in 0 1 2; do
			[ "$(cat $DAMON/$seat/state)" = off ] || echo off >$DAMON/$seat/state
		done
		# The stand-ins end with the daemon, at their next look.
		wait_for 10 all_off || fail "kdamonds of the dead: $(grep -l on $DAMON/*/state)"
		# As many seats as ours were, or not.
		[ $how = same ] && n=3 || n=2
		echo $n >$DAMON/nr_kdamonds
		foreign_kdamond 0 "$pid"
		echo on >$DAMON/0/state
		kdamond=$(cat $DAMON/0/pid)
		grep -r '' /sys/kernel/mm/damon/admin | sort >$T/tree
		expect 0 hotdamon cleanup
		must_say 'left alone'
		grep -r '' /sys/kernel/mm/damon/admin | sort | cmp -s - $T/tree || fail "cleanup changed somebody else's $n seats"
		alive "$kdamond" || fail 'cleanup stopped a kdamond that is not ours'
		[ ! -e $STATE_DIR ] && [ ! -e $PIN ] || fail 'cleanup leaves its own files'
		expect 0 hotdamon cleanup
		must_say 'nothing was left behind'
		echo off >$DAMON/0/state
		echo 0 >$DAMON/nr_kdamonds
		: >$LOG
	done
	echo Y >$DAMON_STAT
	ok 'left alone, with two seats and with three as ours were'
}

# The state directory is not ours to remove when it was there before, nor what others put into it.
test_state_directory() {
	mkdir -p $T/state
	echo theirs >$T/state/theirs
	start_daemon_at() {
		daemon --dry-run --interval 0.5 --state-dir "$1"
		wait_for 60 test -e "$1/status.json" || fail "no status in $1"
	}
	start_daemon_at $T/state
	expect 0 hotdamon status --state-dir $T/state
	stop_daemon
	[ "$(ls $T/state)" = theirs ] || fail "left in the directory: $(ls $T/state)"
	start_daemon_at $T/made
	stop_daemon
	[ ! -e $T/made ] || fail 'the directory it made is left'
	expect 2 hotdamon run --dry-run --state-dir $T/state/theirs
	expect 2 hotdamon run --dry-run --state-dir $T/no/such/place
	ok 'a directory that was there stays, with what others put there'
}

as_nobody() { su -s /bin/sh nobody -c "$1"; }

# bpffs open to all, as a plain mount makes it: a link of another user's has us write or remove nothing.
test_no_link_is_followed() {
	echo 0 >/proc/sys/fs/protected_symlinks
	chmod 1777 /sys/fs/bpf
	mkdir -p $T/victim
	echo precious >$T/victim/passwd
	as_nobody "ln -s $T/victim /sys/fs/bpf/hotdamon"
	expect 3 hotdamon run --dry-run --state-dir $STATE_DIR --interval 0.3 --duration 0.5
	must_say 'hotdamon is not to be trusted (a link that others made, or can make)'
	mkdir $STATE_DIR
	: >$STATE_DIR/claim.json
	expect 3 hotdamon cleanup
	must_say 'hotdamon is not to be trusted (a link that others made, or can make)'
	[ "$(cat $T/victim/passwd)" = precious ] || fail 'what was behind the link is gone'
	rm -r /sys/fs/bpf/hotdamon $STATE_DIR
	echo 1 >/proc/sys/fs/protected_symlinks
	chmod 700 /sys/fs/bpf
	ok "$(head -n 1 $T/said.err)"
}

# refuses_dir WHAT: a state directory in a place where all may make one.
refuses_dir() {
	for command in 'run --dry-run --interval 0.3 --duration 0.5' cleanup status; do
		expect 2 timeout 5 hotdamon $command --state-dir $T/all/"$1"
		must_say "all/$1"
		[ "$(wc -l <$T/said.err)" = 1 ] || fail "$command says more than a line: $(cat $T/said.err)"
	done
}

# Made by another user, or holding what is no claim of ours: nothing is written, nothing hangs.
test_state_directory_of_others() {
	mkdir -p $T/all
	chmod 1777 $T/all
	echo precious >$T/rootfile
	as_nobody "mkdir $T/all/theirs; cd $T/all/theirs; ln -s $T/rootfile status.json.new; ln -s $T/newfile claim.json.new;
		mkfifo claim.json status.json; ln -s $T/victim ../link"
	refuses_dir theirs
	refuses_dir link
	[ "$(cat $T/rootfile)" = precious ] && [ ! -e $T/newfile ] || fail "root wrote behind another user's link"
	mkdir $T/all/fifo $T/all/endless
	mkfifo $T/all/fifo/claim.json $T/all/fifo/status.json
	refuses_dir fifo
	daemon --dry-run --interval 0.3 --state-dir $T/all/endless
	wait_for 60 test -e $T/all/endless/status.json || fail 'no status'
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null
	sed -i 's/"slots": 0/"slots": 4294967295/' $T/all/endless/claim.json
	grep -q 4294967295 $T/all/endless/claim.json || fail 'the claim is not as it was thought'
	expect 2 timeout 5 hotdamon cleanup --state-dir $T/all/endless
	must_say 'no claim of hotdamon'
	rm -r $T/all /sys/fs/bpf/hotdamon
	ok 'refused, each with a line'
}

# What cannot be undone is said, by cleanup and by the end of a run, and the next cleanup can undo it.
test_failures_are_said() {
	remember_state
	daemon --dry-run --interval 0.3 --state-dir $STATE_DIR
	wait_for 60 test -e $STATE_DIR/status.json || fail 'no status'
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null
	mount -o bind $STATE_DIR $STATE_DIR
	mount -o remount,bind,ro $STATE_DIR
	expect 1 hotdamon cleanup
	must_say 'status.json: Read-only file system'
	said=$(head -n 1 $T/said.err)
	expect 1 hotdamon run --dry-run --state-dir $STATE_DIR --interval 0.3 --duration 0.5
	must_say 'not everything could be undone'
	umount $STATE_DIR
	expect 0 hotdamon cleanup
	must_be_unchanged 'the next cleanup'
	daemon --dry-run --interval 0.3 --state-dir $STATE_DIR
	wait_for 60 test -e $PIN || fail 'no pin'
	mount -o bind /sys/fs/bpf /sys/fs/bpf
	mount -o remount,bind,ro /sys/fs/bpf
	kill -TERM "$daemon"
	wait "$daemon" && fail 'a run that leaves its directory ends with 0'
	expect 1 hotdamon cleanup
	umount /sys/fs/bpf
	expect 0 hotdamon cleanup
	must_be_unchanged 'the last cleanup'
	ok "$said"
}

run_tests sigterm_at_any_moment kill_9_and_cleanup kill_9_and_next_run status_after_kill_9 \
	somebody_elses_kdamond tree_replaced_after_kill_9 state_directory no_link_is_followed \
	state_directory_of_others failures_are_said
