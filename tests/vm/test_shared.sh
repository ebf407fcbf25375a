#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Shared memory: one huge page serves all who map it, so it is found, collapsed and counted once.
. /add/guest.sh

SHM=/dev/shm

make_room() {
	rm -f $SHM/*
}

# loads NAME FILE OPTION...: 128 MiB, of which 64 are hot.
loads() {
	load "$1" --mem 128 --hot 64 --hot-at 32 --shared "$SHM/$2"
}

# shmem_mib KEY: of all of the machine.
shmem_mib() { awk -v key="$1:" '$1 == key { print $2 / 1024 }' /proc/meminfo; }
# smaps_mib PID KEY
smaps_mib() { awk -v key="$2:" '$1 == key { n += $2 } END { print n / 1024 }' "/proc/$1/smaps"; }
free_mib() { awk '/^MemFree:/ { print int($2 / 1024) }' /proc/meminfo; }

run_shared() {
	# shellcheck disable=SC2086 # words
	start_daemon --interval 1 $BUDGET --stop-damon-stat "$@"
}

huge_in() {
	wait_for 20 nearly_all "$1" 64 || fail "$1: $(hot_and_cold "$1"); $(look && target "$1" descent.reason)"
	few_cold "$1"
}

test_one() {
	make_room
	loads one file
	before=$(free_mib)
	run_shared --executor madvise --pid "$pid"
	huge_in one
	[ "$(smaps_mib "$pid" ShmemPmdMapped)" -ge 62 ] || fail "smaps has $(smaps_mib "$pid" ShmemPmdMapped) MiB"
	wait_for 6 collapsed_once one 31 || fail "$(target one collapse.succeeded) collapses by status"
	no_complaints
	ok "$(hot_and_cold one), $(target one pace.calls) calls, MemFree $(($(free_mib) - before)) MiB"
}
collapsed_once() { look && [ "$(target "$1" collapse.succeeded)" -ge "$2" ] && [ "$(target "$1" collapse.succeeded)" -le 33 ]; }

both_collapses() { echo $(($(target first collapse.succeeded) + $(target second collapse.succeeded))); }

# What each does with it adds up, and each slot is collapsed once.
test_two() {
	make_room
	loads first file
	first=$pid
	loads second file
	before=$(free_mib)
	run_shared --executor madvise --pid "$first,$pid"
	huge_in first
	huge_in second
	wait_for 6 eval 'look && [ "$(both_collapses)" -ge 31 ]' || fail "$(both_collapses) collapses"
	[ "$(both_collapses)" -le 33 ] || fail "$(both_collapses) collapses of 32 slots"
	[ "$(shmem_mib ShmemHugePages)" -le 66 ] || fail "$(shmem_mib ShmemHugePages) MiB of shared memory are huge"
	no_complaints
	ok "$(both_collapses) collapses, $(shmem_mib ShmemHugePages) MiB huge, MemFree $(($(free_mib) - before)) MiB"
}

# What is missing in the file would be filled, whatever of it is mapped.
test_holes() {
	make_room
	load holes --mem 64 --sparse 2 --shared $SHM/file
	before=$(shmem_mib Shmem)
	run_shared --executor madvise --pid "$pid"
	wait_for 20 logged 'holes.*hot slots' || fail 'it does not say that slots are left alone'
	look
	[ "$(target holes pace.calls)" = 0 ] || fail "$(target holes pace.calls) calls"
	after=$(shmem_mib Shmem)
	awk -v a="$before" -v b="$after" 'BEGIN { exit !(b - a <= 1 && a - b <= 1) }' ||
		fail "shared memory was $before MiB and is $after MiB"
	no_complaints
	ok "shared memory: $before MiB before, $after MiB after"
}

# The kernel's scheme takes it too, and its descent sees that.
test_damos() {
	make_room
	loads damos file
	run_shared --executor damos --pid "$pid"
	wait_for 30 eval 'look && [ "$(target damos collapse.succeeded)" -ge 1 ]' ||
		fail "no collapse: $(target damos descent.reason)"
	wait_for 30 in_state damos holding || wait_for 1 in_state damos satisfied ||
		fail "it is $(target damos descent.state): $(target damos descent.reason)"
	few_cold damos
	no_complaints
	ok "$(hot_and_cold damos), $(target damos collapse.succeeded) collapses; $(target damos descent.reason)"
}

# As the kernel maps it where shmem_enabled is never: nothing can be done any more, and no kdamond looks in vain.
test_unaligned() {
	make_room
	load unaligned --mem 128 --misalign 4096 --shared $SHM/file
	run_shared --executor madvise --min-cpu 5
	wait_for 20 eval 'look && skipped unaligned reason >/dev/null' || fail 'it is not skipped'
	skipped unaligned reason | grep -q '1[23][0-9] MiB of shared memory are not aligned' ||
		fail "$(skipped unaligned reason)"
	[ "$(grep -c 'not aligned' $LOG)" = 1 ] || fail "said $(grep -c 'not aligned' $LOG) times"
	[ -z "$(watched)" ] || fail "$(watched) are watched"
	no_complaints
	ok "$(skipped unaligned reason)"
}

# With next to no memory of its own it comes in for what it shares.
test_comes_in() {
	make_room
	loads server file
	run_shared --executor madvise --min-cpu 5
	wait_for 20 watches server || fail "watched: $(watched); $(skipped server reason)"
	# What it may grow by is a part of all that could become huge of it: 5 % of 128 MiB.
	growth=$(target server growth.max_bytes)
	[ "$growth" -ge $((6 * MIB)) ] && [ "$growth" -le $((8 * MIB)) ] || fail "it may grow by $growth bytes"
	ok "$(target server reason); it may grow by $growth bytes"
}

SHMEM=/sys/kernel/mm/transparent_hugepage/shmem_enabled
shmem_is() { grep -q "\[$1\]" $SHMEM || fail "$2: $(cat $SHMEM)"; }
killed() {
	run_shared --align-shared
	shmem_is advise 'while it runs'
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null
	shmem_is advise 'after kill -9'
}

# Set, and set back: at the end, by cleanup, and by the next run; what somebody else wants stays.
test_align_is_undone() {
	shmem_is never 'before'
	run_shared --align-shared
	shmem_is advise 'while it runs'
	stop_daemon
	shmem_is never 'after its end'
	killed
	expect 0 hotdamon cleanup
	must_say 'shmem_enabled is never again'
	shmem_is never 'after cleanup'
	killed
	run_shared # ready, but for the status of the one that was killed
	wait_for 20 logged 'was killed: took back.*shmem_enabled is never again' || fail 'the next run does not say so'
	shmem_is never 'after the next run began'
	stop_daemon
	echo always >$SHMEM
	run_shared --align-shared
	shmem_is always 'of somebody else'
	stop_daemon
	shmem_is always 'of somebody else, in the end'
	echo never >$SHMEM
	no_complaints
	ok "$(cat $T/said)"
}

run_tests one two holes unaligned comes_in align_is_undone damos
