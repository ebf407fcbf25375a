# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# How exact the ranking is, against what the load or the kernel says of the same windows of the same run; no
# number here is a constant of the machine. Sourced.

# How far a window may be off: 1 % of the truth, or a tick, whichever is more; on each CPU that the process can be
# on. What runs on and on is known as of the last tick, to us and to who tells the truth: there it is two. Where a
# look at the truth came late it may be off by what was used meanwhile; if that is much, nothing was measured.
ticks=1 pinned=''
allowed='.unsure_s + ([.truth_s * 0.01, $ticks * .tick_s * ([.cpus, $threads] | min)] | max)'

# exact_windows WHAT THREADS: the windows in $tmp/windows, each against the truth.
exact_windows() {
	local worst
	worst=$(jq -s --argjson threads "$2" --argjson ticks "$ticks" --argjson cpus "$(nproc)" "
		map(. + {cpus: \$cpus} | ($allowed) as \$allowed | .pid as \$pid |
			([.top.processes[] | select(.pid == \$pid) | .user_s + .system_s] | add // 0) as \$have |
			{truth: .truth_s, have: \$have, over: (((\$have - .truth_s) | fabs) / \$allowed),
				late: (.unsure_s > .truth_s / 4)}) |
		(map(select(.late)) + [max_by(.over)])[0]" "$tmp/windows")
	[ "$(jq .have <<<"$worst")" != 0 ] || { fail "$1: it is not in the list"; return; }
	numbers="$numbers${numbers:+, }$1: $(jq -r '"\(.have * 1000 | round) of \(.truth * 1000 | round) ms"' <<<"$worst")"
	[ "$(jq .late <<<"$worst")" = false ] || { skip "$1: this machine was held up for too long to know the truth"; return; }
	holds "$(jq .over <<<"$worst") <= 1" ||
		fail "$1: counted $(jq .have <<<"$worst") s, used $(jq .truth <<<"$worst") s in a window"
}

# of_windows RANK COUNT SECONDS WHOM...: so many windows of whom watch watches, each with the truth, to $tmp/windows.
of_windows() {
	local rank=$1 count=$2 seconds=$3
	shift 3
	(real_time 10 ${pinned:+taskset -c 0} "$watch" "$@" \
		"$hotdamon" top --json --rank "$rank" -n "$count" -d "$seconds") >"$tmp/windows" || fail "watch $*"
}

# same_split WHAT: the split of all windows is the kernel's own, which it tells in hundredths of a second, each
# rounded down.
same_split() {
	local both
	both=$(jq -rs "(.[-1].all_system_s + .[-1].all_user_s) as \$all | .[-1].pid as \$pid |
		[100 * ([.[].top.processes[] | select(.pid == \$pid).system_s] | add) /
			([.[].top.processes[] | select(.pid == \$pid) | .user_s + .system_s] | add),
		100 * .[-1].all_system_s / \$all, 2 + 2 / \$all] | map(tostring) | join(\" \")" "$tmp/windows")
	set -- "$1" $both # words
	numbers="$numbers (system time $(calc "$2") % of it, by the kernel $(calc "$3") %)"
	holds "($2 - $3)^2 <= $4^2" || fail "$1: $2 % system time, by the kernel $3 %, $4 are allowed"
}

# exact WHAT THREADS RANK COUNT SECONDS LOAD...: a load that runs on and on, from its start. One that is to be alone on
# its CPU goes before all others there; elsewhere it would hold up those that measure: what is real-time on a machine
# with other load has 95 % of each CPU, all of it together.
exact() {
	local what=$1 threads=$2 rank=$3 count=$4 window=$5 how='chrt -o 0'
	shift 5
	[ -z "$pinned" ] || how="$(real_time_words 1) taskset -c $pinned"
	of_windows "$rank" $((count + 1)) "$window" \
		begin $how "$load" "$@" -- && # words
		exact_windows "$what" "$threads" && same_split "$what"
	[ -z "$why$skip" ]
}

# It hardly switches at all: in most of the short windows, never.
exact_spinner() {
	local ticks=2 pinned=$(($(nproc) - 1)) # what measures is on the first CPU
	exact 'alone on its CPU' 1 user 3 1 spin && exact '3 s' 1 cpu 1 3 spin && exact '0.2 s' 1 cpu 10 0.2 spin
}

# Ticks see none of it, or all.
exact_bursts() {
	exact '50 us of 250' 1 cpu 2 1 burst 50 250 free &&
		exact 'by timer' 1 user 2 1 burst 50 250 aligned &&
		exact 'in 0.2 s' 1 cpu 20 0.2 burst 50 250 free &&
		exact '200 us of 4 ms' 1 cpu 2 1 burst 200 4000 free &&
		exact 'by timer' 1 user 1 3 burst 200 4000 aligned
}

exact_crowd() {
	exact '64 threads' 64 user 2 1 crowd 64 && exact '3 s' 64 cpu 1 3 crowd 64
}

exact_system() {
	exact '/dev/zero' 1 cpu 2 1 system 100 && exact 'half of it' 1 user 2 1 system 50
}

# Of those that ended meanwhile it is not known.
kernel_threads_since() {
	kernel_thread_times | awk '
		NR == FNR { before[$1] = $2; next }
		$2 > before[$1] { n += $2 - before[$1] }
		END { print n / 1e9 }' "$1" -
}

# The sum of all processes is what the machine did less what kernel threads did. Of these it is known what they did
# from before the programs are loaded until after the window.
exact_machine() {
	local one two kernel have truth lost others
	begin "$load" spin >/dev/null
	one=$begun
	begin "$load" system 50 >/dev/null
	two=$begun
	sleep 0.3
	kernel_thread_times >"$tmp/before"
	of_windows cpu 1 3 machine
	kernel=$(kernel_threads_since "$tmp/before")
	finish "$one"
	finish "$two"
	[ -z "$why" ] || return
	have=$(jq '[.top.processes[] | .user_s + .system_s] | add' "$tmp/windows")
	truth=$(jq .truth_s "$tmp/windows")
	lost=$(jq '.lost_s | fabs' "$tmp/windows")
	others=$(jq .others_s "$tmp/windows")
	numbers="$(calc "$have") s of $(calc "$truth") s, kernel threads had up to $(calc "$kernel") s of it, interrupts and others $(calc "$others") s beside it, $(calc "$lost") s of ticks were lost"
	holds "$truth > 1" || { fail "no load for this test: $truth s"; return; }
	holds "$kernel + $lost + $others < $truth / 8" || { skip "the truth is not known well enough: $numbers"; return; }
	holds "$have >= ($truth - $kernel) * 0.98 - $lost && $have <= $truth * 1.02 + $lost + $others" || fail "counted $numbers"
}

# Children of the same name as their parent, 500 a second, by both ways.
spawn_storms() {
	cp "$load" "$tmp/spawner" && cp "$load" "$tmp/spawned" || return
	local how
	for how in vfork spawn; do
		numbers="$numbers${numbers:+; }$how: "
		during_top 1 "$tmp/spawner" spawns 1000 500 $how "$tmp/spawned" || return
		same_time 'children' '.comm == "spawned"' || return
		told=$(jq -s '[.[].processes[] | select(.comm == "spawned" and .ended) | [.pid, .start_time_ns]] |
			unique | length' "$tmp/top")
		[ "$told" -eq 1000 ] || { fail "$told of 1000 were told as ended"; return; }
	done
}

# One that begins and ends inside of a window is in it, marked; one that a window's end comes between is marked in its last.
ends_in_window() {
	local marks _
	cp "$load" "$tmp/short" || return
	for _ in 1 2 3 4 5; do
		numbers=
		during_top 2 "$tmp/short" burn 200 || return
		same_time 'ended' '.comm == "short"' || return
		marks=$(jq -sc '[.[].processes[] | select(.comm == "short") | .ended]' "$tmp/top")
		[ "$marks" != '[true]' ] || return 0
		jq -en --argjson marks "$marks" '$marks[-1] and (($marks[:-1] | any) | not)' >"$tmp/jq" || { fail "marked: $marks"; return; }
	done
	skip "a busy host gave it no 0.2 s within a window: $marks"
}

# In windows of a tenth of a second a tick is much.
never_too_hot() {
	local spinner hottest least
	begin real_time 1 "$load" spin
	spinner=$begun
	"$hotdamon" top --json --rank cpu -n 30 -d 0.1 >"$tmp/top"
	finish "$spinner"
	hottest=$(jq -s "[.[].processes[] | select(.pid == $spinner).cpu_pct] | max" "$tmp/top")
	least=$(jq -s '[.[].processes[] | .user_s, .system_s] | min' "$tmp/top")
	numbers="at most $(calc "$hottest") % in 30 windows of 0.1 s"
	holds "$hottest > 80" || { fail "no load for this test: at most $hottest %"; return; }
	holds "$hottest < 100.001" || { fail "one thread used $hottest % of a CPU"; return; }
	holds "$least >= 0" || fail "a time is negative: $least"
}

# More than the map has room for have come and gone; what it holds then lives.
masses() {
	local before after left
	start_daemon || return
	before=$(dump | jq length)
	"$load" spawns 50000 0 exit "$load" >/dev/null &
	"$load" spawns 50000 0 exit "$load" >/dev/null
	wait $!
	until_true 10 map_is_small || fail 'the map is not small again'
	after=$(dump | jq length)
	left=$(overdue | head -n 3 | tr '\n' ' ')
	finish "$daemon"
	numbers="$before entries before 200000 processes, $after after"
	[ -z "$left" ] || { fail "the map still holds $left"; return; }
	[ -z "$why" ]
}

# Four times as many processes run as the map has room for: all are counted, the hottest are right, and the daemon
# says so once.
crowded_map() {
	local lights pids='' pid hottest counted warnings
	begin "$load" lights 256 300 100 >"$tmp/lights"
	lights=$begun
	for work in 20000 12000 6000; do
		begin "$load" burst "$work" 40000 free
		pids="$pids $begun"
	done
	until_true 20 test -s "$tmp/lights" || fail 'the lights do not come on'
	"$hotdamon" top --json --rank cpu --max-processes 64 -n 2 -d 2 >"$tmp/top"
	start_daemon --max-processes 64 && sleep 2
	warnings=$(grep -c 'more processes run than the map has room for (64)' "$tmp/log")
	finish "$daemon" || fail 'the daemon failed'
	for pid in $pids $lights; do finish "$pid"; done
	[ -z "$why" ] || return
	hottest=$(jq -rs "last | [.processes[] | select(.pid as \$p | \"$pids \" | contains(\" \(\$p) \")) | .pid] |
		join(\" \")" "$tmp/top")
	counted=$(jq -s '[.[].processes[] | select(.comm == "light" and .user_s + .system_s > 0) | .pid] |
		unique | length' "$tmp/top")
	numbers="$counted of 256 light ones and the three hottest in order, said $warnings time"
	[ " $hottest" = "$pids" ] || { fail "the hottest are $hottest, not$pids"; return; }
	[ "$counted" -eq 256 ] || { fail "$counted of 256 were counted"; return; }
	[ "$warnings" -eq 1 ] || fail "it was said $warnings times"
}
