# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the tests of tests/bpf have in common. Sourced by run, which sets hotdamon, load, watch, tmp, pins.

# Each test sets numbers, why or skip, and returns whether it passed.
fail() {
	why=$*
	return 1
}

# skip WHY: what was to be measured could not be. That is no pass.
skip() {
	# shellcheck disable=SC2034 # run looks at it
	skip=$*
	return 1
}

# until_true SECONDS COMMAND...: whether it comes true in time.
until_true() {
	local left=$(($1 * 20))
	shift
	until "$@"; do
		[ $((left -= 1)) -gt 0 ] || return 1
		sleep 0.05
	done
}

# calc EXPRESSION: prints it. holds EXPRESSION: whether it is true.
calc() { awk "BEGIN { printf \"%.3f\", $1 }"; }
holds() { awk "BEGIN { exit !($1) }"; }

lines_are() { [ "$(wc -l <"$1")" -ge "$2" ]; }
is_gone() { ! kill -0 "$1" 2>/dev/null; }

# begin COMMAND...: in the background, ended with us. $begun is its pid.
begin() {
	"$@" &
	begun=$!
	started="$started $begun"
}

# finish PID [SIGNAL]: ends what was begun.
finish() {
	kill "-${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	local status=$?
	started=${started/ $1/}
	return $status
}

# during_top SECONDS COMMAND...: with windows of SECONDS; its words to $tmp/truth, and all windows from before it to after its end to $tmp/top.
# $preload of the caller is preloaded into top.
during_top() {
	local top seconds=$1
	shift
	: >"$tmp/top"
	begin env ${preload:+LD_PRELOAD="$preload"} "$hotdamon" top --json -d "$seconds" >"$tmp/top"
	top=$begun
	until_true 10 lines_are "$tmp/top" 1 || { finish $top; fail "top prints nothing"; return; }
	"$@" >"$tmp/truth"
	until_true 10 lines_are "$tmp/top" $(($(wc -l <"$tmp/top") + 3)) || fail "top stopped"
	finish $top
	[ -z "$why" ]
}

truth() { jq -r ".$1" "$tmp/truth"; }

# of_top FILTER: a number from all entries that FILTER lets through, in all windows.
seconds_of() { jq -s "[.[].processes[] | select($1) | .user_s + .system_s] | add // 0" "$tmp/top"; }

# same_time WHAT FILTER: all that top counted is what the load says. What the load did after it asked its own
# clock is more: its exit.
same_time() {
	local have want
	want=$(truth cpu_s)
	have=$(seconds_of "$2")
	have=$(calc "$have")
	numbers="$numbers${numbers:+, }$1: counted $have s of $want s"
	holds "$have >= $want * 0.995 - 0.001 && $have <= $want * 1.02 + 0.02" ||
		fail "$1: counted $have s, used $want s"
}

# start_daemon OPTIONS...: a dry run with a state directory of its own; $daemon is its pid.
start_daemon() {
	begin "$hotdamon" run --dry-run --state-dir "$tmp/state" --interval 0.3 "$@" >"$tmp/log" 2>&1
	daemon=$begun
	until_true 10 test -s "$tmp/state/status.json" || {
		fail "the daemon does not come up: $(tail -n 1 "$tmp/log")"
		finish "$daemon"
		return 1
	}
}

# The pinned map as bpftool prints it by the map's own BTF. Who reads a hash begins anew at its start when the entry that it
# stands on is deleted, and is given some twice: what was read last is newer.
dump() {
	bpftool --json map dump pinned "$pins/process_hotness" | jq '[.[].formatted] | group_by(.key) | map(last)'
}

# entry PID FIELD: of the pinned map; several lines if there are several entries.
entry() { dump | jq -r ".[] | select(.key.tgid == $1) | .$2"; }

# map_is_small: it holds what lives, and few that ended just now, however many come and go beside us.
map_is_small() { [ "$(dump | jq length)" -le $(($(printf '%s\n' /proc/[0-9]* | wc -l) + 50)) ]; }

start_ticks() { sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20; }

