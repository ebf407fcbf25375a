#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# First do no harm: what a collapse would add, and to whom. Whoever has no room for it is as well off as without hotdamon.
. /add/guest.sh

GROUPS_AT=/sys/fs/cgroup
FAST="$BUDGET --quota-ms 1000 --miss-ns 50"
SLOTS=24 PAGES=400 # 37.5 MiB of 48 are there; collapses would add 10.5

# part NAME [GROUP]: the load in that group; its pid goes to $pid.
part() {
	/add/room_load part "$1" $SLOTS $PAGES &
	pid=$!
	echo "$pid" >>$T/pids
	[ -z "$2" ] || echo "$pid" >"$2/cgroup.procs"
	wait_for 30 filled "$pid" || fail "$1 does not fill its memory"
}
filled() { [ "$(rss_kib "$1")" -ge $((SLOTS * PAGES * 4)) ]; }
rss_kib() { awk '/^VmRSS/ { print $2 + 0 } END { if (!NR) print 0 }' "/proc/$1/status" 2>/dev/null; }
rollup_kib() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/smaps_rollup"; }

# group PATH: a control group that counts memory, as those above it do.
group() {
	at=$GROUPS_AT
	for part in $(echo "$1" | tr / ' '); do
		echo +memory >$at/cgroup.subtree_control || fail 'the kernel counts no memory in control groups'
		at=$at/$part
		[ -d $at ] || mkdir $at || fail "no group $1"
	done
}

# box NAME MIB [GROUP]: the load in a group of its own, with so much room above what it uses; in GROUP if that is another.
box() {
	group "$1$3"
	part "$1" "$GROUPS_AT/$1$3"
	echo $(($(cat "$GROUPS_AT/$1/memory.current") + $2 * MIB)) >"$GROUPS_AT/$1/memory.max" || fail 'no limit'
	boxes="$boxes $1:$pid"
}

# number PATH: of the status; 0 if it is not there.
number() {
	found=$(target "$1" "$2")
	echo "${found:-0}"
}

# watch_boxes EXECUTOR: all of them, and the loads whose pids are $free and, if there is one, $roomy.
watch_boxes() {
	pids=$(echo "$boxes" | tr ' ' '\n' | sed -n 's/.*://p' | tr '\n' ,)
	# shellcheck disable=SC2086 # words
	start_daemon --executor "$1" --stop-damon-stat --interval 1 --pid "$pids$free${roomy:+,$roomy}" $FAST
}

# each_box COMMAND...: with its name and pid as the last words.
each_box() {
	for box in $boxes; do
		"$@" "${box%:*}" "${box#*:}" || return 1
	done
}

left_for_limit() { look && [ "$(number "$1" growth.left_alone.cgroup_limit.slots)" -ge 1 ]; }
has_grown() { look && [ "$(number "$1" growth.missing_bytes)" -gt 0 ]; }

# It wants 8 MiB more than it had room for with the others' zeros in it; those of 4 MiB want what is not there anyway.
goes_on() {
	kill -USR1 "$2"
	wait "$2"
	status=$?
	[ $status -eq 7 ] || fail "$1 wanted 8 MiB more, and ended with $status; $(grep -E 'max|oom' $GROUPS_AT/"$1"/memory.events | tr '\n' ' ')"
}

not_grown() {
	more=$(($(rss_kib "$2") - SLOTS * PAGES * 4))
	[ $more -le 2048 ] || fail "$1 grew by $more KiB"
}

widen() { echo $(($(cat "$GROUPS_AT/$1/memory.max") + $2 * MIB)) >"$GROUPS_AT/$1/memory.max"; }

# Control groups with less room than what the zeros would take, or little more; one with room beyond the reserve of 64 MiB;
# and a load that has all the room.
test_container_keeps_its_room() {
	boxes=
	box roomy 200
	roomy=$pid boxes=
	box box4 4
	box box12 12
	box box30 30
	box above 12 /inner
	part free
	free=$pid
	before_kib=$(rss_kib "$free")
	watch_boxes madvise
	wait_for 40 each_box left_for_limit || fail "not all boxes are left alone: $(target box30 descent.reason)"
	wait_for 20 has_grown free || fail "the free load is left alone too: $(target free descent.reason)"
	wait_for 20 has_grown roomy || fail "so is one that has room in its group: $(target roomy growth.cgroup_limit)"
	each_box not_grown
	logged 'above.*left alone.*control group, 1 above its own' || fail 'the log does not say why'
	grew=$(($(rss_kib "$free") - before_kib))
	[ $grew -le $((SLOTS * PAGES * 4 / 20 + 1024)) ] || fail "the free load grew by $grew of $before_kib KiB"
	[ "$(number free growth.left_alone.growth_cap.slots)" -ge 1 ] || fail 'no slot is left for the growth in all'
	widen box4 5 # 4 MiB are less than it wants, with us or without
	each_box goes_on
	no_complaints
	stop_daemon
	ok "nobody was killed; the free load grew by $grew of $before_kib KiB"
}

holds() { look && [ "$(target "$1" growth.held_up)" = "$2" ]; }
held_for_limit() { holds "$1" cgroup_limit; }

# damos cannot choose what it fills: it waits where there is no room, and goes no further where it grew enough.
test_damos_waits_for_room() {
	boxes='' roomy=''
	box box12 12
	box box30 30
	box above 12 /inner
	part free
	free=$pid
	before_kib=$(rollup_kib "$free" Rss)
	watch_boxes damos
	wait_for 20 each_box held_for_limit || fail "not all boxes wait: $(target box30 growth.held_up)"
	wait_for 60 holds free growth_cap || fail "the free load does not wait: $(target free descent.reason)"
	tick=$(status_of tick) # what was collapsed since that one
	wait_for 20 ticked $((tick + 3)) || fail 'it does not tick'
	# The 256 KiB that it touches to flush the TLB may be there at one look, and not at the other; and its own pages.
	grew=$(($(rollup_kib "$free" Rss) - before_kib)) said=$(($(target free growth.missing_bytes) / 1024))
	[ $((grew - said)) -le 320 ] && [ $((said - grew)) -le 320 ] || fail "it grew by $grew KiB, and status says $said"
	stays 5 holds free growth_cap || fail 'it does not go on to wait'
	[ $(($(rollup_kib "$free" Rss) - before_kib - grew)) -le 320 ] || fail 'it grows on, though it waits'
	each_box not_grown
	each_box goes_on
	no_complaints
	stop_daemon
	ok "nobody was killed; the free load grew by $grew of $before_kib KiB, by status $said"
}

SHARED=12 # slots, and twice as many of their own
ksm_sharing() { cat /sys/kernel/mm/ksm/pages_sharing; }
merged() { [ "$(ksm_sharing)" -ge $((SHARED * 512 / 100 * 98)) ]; }
begin_to_merge() {
	[ -w /sys/kernel/mm/ksm/run ] || fail 'the kernel has no KSM'
	echo 5000 >/sys/kernel/mm/ksm/pages_to_scan
	echo 10 >/sys/kernel/mm/ksm/sleep_millisecs
	echo 1 >/sys/kernel/mm/ksm/run
	wait_for 30 merged || fail "KSM merges $(ksm_sharing) pages only"
}
pidof_comm() { grep -lx "$1" /proc/[0-9]*/comm | cut -d / -f 3 | tr '\n' ' '; }
pss_kib() { for one in $1; do rollup_kib "$one" Pss; done | tr '\n' ' '; }
# pss_grew BEFORE NOW: one of them by more than a twentieth.
pss_grew() { echo "$1 $2" | awk '{ n = NF / 2; for (i = 1; i <= n; i++) if ($(i + n) > $i * 1.05) exit 0; exit 1 }'; }
free_kib() { awk '/^MemFree/ { print $2 }' /proc/meminfo; }
own_is_huge() {
	for one in $members; do
		[ "$(rollup_kib "$one" AnonHugePages)" -ge $((SHARED * 2 * 2048 / 10 * 9)) ] || return 1
	done
}

# What children share with their parent, and what KSM merged, stays shared; what is their own becomes huge.
test_shared_stays_shared() {
	/add/room_load fork worker $SHARED 2 &
	echo "$!" >>$T/pids
	/add/room_load same merged $SHARED 512 &
	same=$!
	echo "$same" >>$T/pids
	begin_to_merge
	workers=$(pidof_comm worker)
	members="$workers$same"
	pss=$(pss_kib "$members") sharing=$(ksm_sharing) free=$(free_kib)
	# shellcheck disable=SC2086 # words
	start_daemon --executor madvise --stop-damon-stat --interval 1 $FAST --pid "$(echo $members | tr ' ' ,)"
	wait_for 40 own_is_huge || fail "what is their own is not huge: $(look && target merged descent.reason)"
	for one in $members; do
		wait_for 10 left_as_shared "$one" || fail "$(number "$one" growth.left_alone.shared.slots) slots are left alone"
	done
	now=$(pss_kib "$members")
	less=$((free - $(free_kib)))
	! pss_grew "$pss" "$now" || fail "PSS was $pss KiB, and is $now"
	[ "$(ksm_sharing)" -ge $((sharing / 100 * 98)) ] || fail "KSM shared $sharing pages, and $(ksm_sharing) now"
	no_complaints
	stop_daemon
	echo 0 >/sys/kernel/mm/ksm/run
	ok "PSS was $pss KiB, and is $now; KSM shared $sharing pages, $(ksm_sharing) after; $less KiB less are free"
}
left_as_shared() { look && [ "$(number "$1" growth.left_alone.shared.slots)" -ge $((SHARED - 1)) ]; }

run_tests container_keeps_its_room damos_waits_for_room shared_stays_shared
