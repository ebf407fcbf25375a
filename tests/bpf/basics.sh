# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the hotness program must do: nothing is lost, nothing is left, nobody is taken for another. Sourced.

# knows_no_runqueues: so a kernel without CONFIG_KALLSYMS_ALL says of count_on, which hotdamon does not load there then. The
# other programs of that object are loaded by all the other tests.
knows_no_runqueues() {
	! grep -q ' runqueues$' /proc/kallsyms && grep -q "'count_on': failed to load: -2" "$tmp/words" &&
		grep -q "failed to find the address for kernel symbol 'runqueues'" "$tmp/words"
}

objects_load() {
	local object n=0 least=8
	for object in "$build"/bpf/*.bpf.o; do
		if ! bpftool prog loadall "$object" /sys/fs/bpf/test 2>"$tmp/words"; then
			knows_no_runqueues || { fail "$object: $(tail -n 3 "$tmp/words" | tr '\n' ' ')"; return; }
			numbers="but $(basename "$object"), as this kernel does not tell where runqueues is; " least=6
			continue
		fi
		[ -n "$(ls /sys/fs/bpf/test)" ] || { fail "$object has no programs"; return; }
		n=$((n + $(ls /sys/fs/bpf/test | wc -l)))
		rm -r /sys/fs/bpf/test
	done
	[ $n -ge $least ] || fail "only $n programs in $build/bpf"
	numbers="$numbers$n programs"
}

# one_window PID SECONDS: the spinner's share is its own clock's, and the list is in order. User and system time
# together: single ticks make up the split, and a short window has few.
one_window() {
	local pid=$1 pct truth place # and preload of the caller
	(real_time 10 "$watch" "$pid" env ${preload:+LD_PRELOAD="$preload"} \
		"$hotdamon" top --json -n 1 -d "$2") >"$tmp/window" || { fail "watch"; return; }
	pct=$(jq ".top.window_s as \$s | .top.processes[] | select(.pid == $pid) |
		(.user_s + .system_s) / \$s * 10000 | round / 100" "$tmp/window")
	truth=$(jq '.truth_s / .top.window_s * 10000 | round / 100' "$tmp/window")
	[ -n "$pct" ] || { fail "the spinner is not in the list, and used $truth %"; return; }
	numbers="$numbers${numbers:+, }$pct % of $truth %"
	holds "($pct - $truth)^2 <= 4" || { fail "it shows $pct %, it used $truth %"; return; }
	place=$(jq ".top.processes | if map(.cpu_pct) == (map(.cpu_pct) | sort | reverse)
		then map(.pid) | index($pid) else -1 end" "$tmp/window")
	[ "$place" -ge 0 ] || { fail "the list is not in order"; return; }
	[ "$place" -eq 0 ] || numbers="$numbers (place $((place + 1)): other load)"
}

# real_time PRIORITY COMMAND...: before all other load, if it can be had (not in each control group).
real_time_words() { chrt -f "$1" true 2>/dev/null && echo "chrt -f $1" || echo 'nice -n -20'; }
real_time() {
	local priority=$1
	shift
	exec $(real_time_words "$priority") "$@" # words
}

# three_windows SECONDS: of a spinner alone on the last CPU; what measures is on the first one.
three_windows() {
	local last pid
	last=$(($(nproc) - 1))
	begin real_time 1 taskset -c "$last" "$load" spin
	pid=$begun
	sleep 0.3
	taskset -p -c 0 $$ >/dev/null
	for _ in 1 2 3; do
		one_window "$pid" "$1" || break
	done
	taskset -p -c "0-$last" $$ >/dev/null
	finish "$pid"
	[ -z "$why" ]
}

# It hardly ever switches: what it runs when a window ends is most of it.
spinner() {
	local preload=''
	three_windows 1
}

# It switches all the time, also while the programs are attached, one by one and slowly: what it runs meanwhile is
# not of the first window.
first_window() {
	local ticker preload=$build/tests/slow.so
	begin real_time 2 taskset -c $(($(nproc) - 1)) "$load" tick
	ticker=$begun
	three_windows 0.3
	finish "$ticker"
	[ -z "$why" ]
}

pins_are() {
	local pid=$1 fields
	fields=$(dump | jq -r '.[0] | (.key + .value) | keys[]' | tr '\n' ' ')
	for field in start_time_ns tgid run_ns utime_ns stime_ns comm threads execs cgroup_id uid; do
		case " $fields" in *" $field "*) ;; *) fail "no field $field in: $fields" && return ;; esac
	done
	[ "$(entry "$pid" value.comm)" = load ] ||
		{ fail "comm is '$(entry "$pid" value.comm)', not 'load'"; return; }
	holds "$(entry "$pid" value.run_ns) > 100000000" ||
		{ fail "run_ns is $(entry "$pid" value.run_ns)"; return; }
	holds "int($(entry "$pid" key.start_time_ns) / 10000000) == $(start_ticks "$pid")" ||
		fail "starts at $(entry "$pid" key.start_time_ns) ns, in /proc at $(start_ticks "$pid") ticks"
}

pinned_map() {
	local spinner
	begin "$load" spin
	spinner=$begun
	start_daemon && sleep 1 && pins_are "$spinner"
	finish "$daemon" || fail "SIGTERM: exit status $?"
	[ -n "$why" ] || [ ! -e "$pins" ] || fail "SIGTERM: $(ls -d "$pins"/*) is left"
	[ -n "$why" ] || [ ! -e "$tmp/state" ] || fail "SIGTERM: the state directory is left"
	[ -n "$why" ] || start_daemon
	finish "$daemon" KILL
	[ -n "$why" ] || [ -e "$pins/process_hotness" ] || fail "kill -9: no pin is left, nothing to clean up"
	[ -n "$why" ] || "$hotdamon" cleanup --state-dir "$tmp/state" >"$tmp/words" 2>&1 ||
		fail "cleanup: $(cat "$tmp/words")"
	[ -n "$why" ] || [ ! -e "$pins" ] || fail "cleanup left $pins"
	[ -n "$why" ] || [ ! -e "$tmp/state" ] || fail "cleanup left the state directory"
	finish "$spinner"
	[ -z "$why" ]
}

# Threads that live for 2 ms, less than a tick: a sum over the living would miss nearly all of them.
threads_end() {
	during_top 0.5 "$load" threads 500 2 || return
	same_time "500 threads" ".pid == $(truth pid)" || return
	# Two that were there in windows before, and end in the middle of one: what they used of it is that of two CPUs.
	during_top 1 "$load" threads 2 1400 || return
	same_time "2 threads" ".pid == $(truth pid)"
}

# storm_is_told N: children that come, rename themselves and go, many in a window, and some at its end: each is told
# once, as ended, with all that it used, also before it had its name, and after its exit hook.
storm_is_told() {
	local told
	during_top 0.1 "$load" storm "$1" 1 || return
	jq -c -s 'def id: "\(.pid) \(.start_time_ns)"; [.[].processes[]] as $all |
		INDEX($all[] | select(.comm == "storm-child"); id) as $ours |
		{processes: [$all[] | select($ours[id])]}' "$tmp/top" >"$tmp/children"
	mv "$tmp/children" "$tmp/top"
	same_time "$1 processes" true || return
	told=$(jq '[.processes[] | select(.ended)] | length' "$tmp/top")
	[ "$told" -eq "$1" ] || fail "$told of $1 were told as ended"
}

processes_end() {
	local preload=''
	storm_is_told 2000
}

# A kernel may leave out the programs of an exit and of an exec. A task's switches tell all of it.
exits_are_skipped() {
	local preload=$build/tests/skips.so
	storm_is_told 500
}

# To give back memory is most of an exit, and of this a window's end may see a part; the rest is the next one's.
big_exits() {
	during_top 0.1 "$load" big 4 512 || return
	same_time "4 processes of 512 MiB" '.comm == "big-child"'
}

# entry_is PID COMM EXECS: in the map there is that one entry of it.
entry_is() { [ "$(entry "$1" 'value | "\(.comm) \(.execs)"')" = "$2 $3" ]; }

# stage_is NAME COMM EXECS: the load says that it is there; so does the map when a window has ended.
stage_is() {
	local line
	read -r -t 10 line <&"$from_load" || { fail "the load does not reach '$1'"; return; }
	[ "$(jq -r .stage <<<"$line")" = "$1" ] || { fail "the load is not at '$1': $line"; return; }
	[ "$(jq -r .pid <<<"$line")" = "$pid" ] || { fail "another pid: $line"; return; }
	until_true 5 entry_is "$pid" "$2" "$3" ||
		{ fail "at '$1' the map has '$(entry "$pid" 'value | "\(.comm) \(.execs)"')', not '$2 $3'"; return; }
	used_s=$(jq -r .cpu_s <<<"$line")
}

go_on() { echo go >&"$to_load"; }

all_is_counted() {
	counted=$(calc "$(entry "$pid" value.run_ns) / 1e9")
	holds "$counted >= $used_s * 0.995 - 0.001"
}

# An exec is the same process with another program: by the leader, and by another thread.
exec_and_names() {
	local pid from_load to_load used_s=0 counted=''
	cp "$load" "$tmp/second" && cp "$load" "$tmp/third" || return
	start_daemon || return
	coproc LOAD { exec "$load" exec "$tmp/second" "$tmp/third"; }
	pid=$LOAD_PID from_load=${LOAD[0]} to_load=${LOAD[1]}
	started="$started $pid"
	stage_is first load 1 && go_on && stage_is second second 2 && go_on && stage_is renamed renamed 2 && go_on &&
		stage_is last third 3 && until_true 5 all_is_counted
	# While it waits: of one that has ended nothing is left after two ticks.
	[ -z "$counted" ] || numbers="3 execs, counted $counted s of $used_s s"
	go_on
	until_true 5 is_gone "$pid" || finish "$pid" KILL
	finish "$daemon"
	[ -z "$why" ] || return
	holds "$counted >= $used_s * 0.995 - 0.001 && $counted <= $used_s * 1.02 + 0.02" ||
		fail "counted $counted s, used $used_s s"
}

# in_group PATH UID: the map says that the spinner is in that cgroup, and whose it is.
in_group() {
	[ "$(entry "$spinner" 'value | "\(.cgroup_id) \(.uid)"')" = "$(stat -c %i "$1") $2" ]
}

# is_told UNIT USER: so says `top`.
is_told() {
	"$hotdamon" top --json -n 1 -d 0.5 >"$tmp/top"
	[ "$(jq -r ".processes[] | select(.pid == $spinner) | \"\(.unit) \(.user)\"" "$tmp/top")" = "$1 $2" ]
}

# Each process's cgroup and user, as they are now: it is moved, and another one's.
whose_it_is() {
	local root group=hotdamon-test.slice spinner
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$root" ] || { skip 'no cgroup v2 is mounted here'; return; }
	mkdir -p "$root/$group/first.service/below" "$root/$group/second.service" || { skip "no cgroup can be made in $root"; return; }
	begin setpriv --reuid 65534 --clear-groups "$load" spin
	spinner=$begun
	echo "$spinner" >"$root/$group/first.service/below/cgroup.procs"
	start_daemon
	[ -n "$why" ] || until_true 10 in_group "$root/$group/first.service/below" 65534 ||
		fail "the map has $(entry "$spinner" 'value | "\(.cgroup_id) \(.uid)"')"
	[ -n "$why" ] || is_told first.service nobody || fail "top tells $(jq -c ".processes[] | select(.pid == $spinner)" "$tmp/top")"
	[ -n "$why" ] || echo "$spinner" >"$root/$group/second.service/cgroup.procs"
	[ -n "$why" ] || until_true 10 in_group "$root/$group/second.service" 65534 || fail "it was moved, and the map does not know"
	[ -n "$why" ] || is_told second.service nobody || fail "it was moved, and top tells $(jq -c ".processes[] | select(.pid == $spinner)" "$tmp/top")"
	finish "$daemon"
	finish "$spinner" KILL
	until_true 5 rmdir "$root/$group/first.service/below" "$root/$group/first.service" "$root/$group/second.service" "$root/$group" 2>/dev/null
	[ -z "$why" ]
}

# What the map holds of the dead, for longer than the two ticks after which it must be gone.
overdue() {
	local now entries
	entries=$(dump | jq -r '.[] | "\(.key.tgid) \(.key.start_time_ns) \(.value.ended_ns)"')
	now=$(awk '{ printf "%.0f", $1 * 1e9 }' /proc/uptime)
	while read -r tgid start ended; do
		if [ "$ended" != 0 ]; then
			holds "$now - $ended < 2e9" || echo "$tgid (ended)"
		elif ! [ -d "/proc/$tgid" ] && [ "$(entry "$tgid" value.ended_ns)" = 0 ]; then
			echo "$tgid (taken for alive)"
		elif [ -d "/proc/$tgid" ] && holds "int($start / 10000000) != $(start_ticks "$tgid")"; then
			echo "$tgid (another process now)"
		fi
	done <<<"$entries"
}

nothing_stays() {
	local before after left
	start_daemon || return
	before=$(dump | jq length)
	"$load" storm 3000 0 >/dev/null
	"$load" threads 2000 0 >/dev/null
	until_true 10 map_is_small || fail 'the map is not small again'
	after=$(dump | jq length)
	left=$(overdue | head -n 3 | tr '\n' ' ')
	finish "$daemon"
	numbers="$before entries before 3000 processes, $after after"
	[ -z "$left" ] || { fail "the map still holds $left"; return; }
	[ -z "$why" ]
}

# The pids of kernel threads (PF_KTHREAD) with what they ran so far.
kernel_thread_times() {
	local stat pid flags
	for stat in /proc/[0-9]*/stat; do
		pid=${stat//[!0-9]/}
		flags=$(sed 's/.*) //' "$stat" 2>/dev/null | cut -d ' ' -f 7)
		[ $((${flags:-0} & 0x200000)) -ne 0 ] && echo "$pid $(cut -d ' ' -f 1 "/proc/$pid/schedstat")"
	done
}

kernel_threads() {
	local ran ranked
	kernel_thread_times | sort >"$tmp/before"
	"$hotdamon" top --json -n 1 -d 1 >"$tmp/top"
	kernel_thread_times | sort >"$tmp/after"
	ran=$(join "$tmp/before" "$tmp/after" | awk '$2 != $3' | wc -l)
	[ "$ran" -ge 3 ] || { fail "only $ran kernel threads ran: nothing was seen"; return; }
	jq '.processes[].pid' "$tmp/top" | sort >"$tmp/ranked"
	[ -s "$tmp/ranked" ] || { fail "nobody is ranked"; return; }
	ranked=$(join "$tmp/ranked" "$tmp/after" | head -n 3 | tr '\n' ' ')
	numbers="$ran kernel threads ran, $(wc -l <"$tmp/ranked") processes ranked"
	[ -z "$ranked" ] || fail "kernel threads are ranked: $ranked"
}

# With every threshold at nothing and ten ticks a second hotdamon is among the hottest itself.
never_itself() {
	local seen=0 targets
	begin "$load" threads 100000 1 >/dev/null
	local other=$begun
	start_daemon --min-cpu 0 --min-anon 0 --top 32 --interval 0.1 || { finish "$other"; return 1; }
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.2
		targets=$(jq -r '[.targets[].pid] | join(" ")' "$tmp/state/status.json")
		case " $targets " in *" $daemon "*) fail "it watches itself" && break ;; esac
		case " $targets " in *" $other "*) seen=$((seen + 1)) ;; esac
	done
	holds "$(entry "$daemon" value.run_ns) > 1000000" || fail "it does not see itself run: no test"
	[ -n "$why" ] || [ $seen -ge 5 ] || fail "another process was watched in $seen of 10 looks"
	numbers="$(wc -w <<<"$targets") watched, itself not, with $(entry "$daemon" 'value.run_ns') ns"
	finish "$daemon"
	finish "$other"
	[ -z "$why" ]
}

# The split is the kernel's own of /proc/PID/stat and getrusage().
user_and_system() {
	local pid have want
	during_top 0.5 "$load" zero 2500 || return
	pid=$(truth pid)
	have=$(jq -s "[.[].processes[] | select(.pid == $pid)] |
		100 * ([.[].system_s] | add) / ([.[] | .user_s + .system_s] | add)" "$tmp/top")
	want=$(jq '100 * .system_s / (.user_s + .system_s)' "$tmp/truth")
	numbers="$(calc "$have") % system time, by getrusage $(calc "$want") %"
	holds "$want > 10 && $want < 95" || { fail "no load for this test: $want % system time"; return; }
	holds "($have - $want)^2 <= 9" || fail "$(calc "$have") % system time, by getrusage $(calc "$want") %"
}

# one_of_few LIMIT COMMAND...: with that many descriptors it goes well, or ends with 1 and the true name of why.
one_of_few() {
	local limit=$1 status
	shift
	(ulimit -n "$limit" && "$@") >/dev/null 2>"$tmp/said"
	status=$?
	[ $status -eq 0 ] || { [ $status -eq 1 ] && grep -q 'Too many open files' "$tmp/said"; } ||
		fail "$limit descriptors: $2 ends with $status: $(tail -n 1 "$tmp/said")"
	said="$said $status"
}

# What is short for a while is no want of the host's: status 3 would keep the unit from starting again.
few_descriptors() {
	local limit said=''
	for limit in 4 5 6 8 10 11 12 16 24 32 40 48 64; do
		one_of_few "$limit" "$hotdamon" top --json -n 1 -d 0.1 || return
	done
	numbers="statuses of top:$said"
	said=''
	for limit in 8 12 24 32 48 64; do
		one_of_few "$limit" "$hotdamon" run --dry-run --state-dir "$tmp/state" --interval 0.2 --duration 0.3 || return
	done
	numbers="$numbers, of run:$said"
	case $said in *1*0) ;; *) fail "it never went well, or never ill: $said" ;; esac
}
