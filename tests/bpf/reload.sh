# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# SIGHUP: the files are read anew, all or nothing; and of a terminal that closes it is the end. Sourced.

log_has() { grep -q -- "$1" "$tmp/log"; }
said_in_time() { until_true 20 log_has "$1" || fail "it does not say '$1': $(tail -n 3 "$tmp/log")"; }

# settle LINE...: the file, of [run] and these lines.
settle() { printf '%s\n' '[run]' 'interval = 0.3' 'min-mem = 0' 'min-cpu = 1' "$@" >"$tmp/h.conf" && chmod 644 "$tmp/h.conf"; }

# reload LINE...: with another file.
reload() { settle "$@" && kill -HUP "$daemon"; }

# start_from_file OPTIONS...: without a terminal, as a service; $spinner is to be watched.
start_from_file() {
	settle 'only = comm=load'
	begin "$load" spin
	spinner=$begun
	begin setsid "$hotdamon" run --dry-run --state-dir "$tmp/state" --config "$tmp/h.conf" "$@" >"$tmp/log" 2>&1
	daemon=$begun
	said_in_time "in: load ($spinner)"
}

end_reload() {
	finish "$daemon" || fail "SIGTERM: exit status $?: $(tail -n 1 "$tmp/log")"
	finish "$spinner"
	[ -z "$why" ]
}

ticks() { jq .tick "$tmp/state/status.json"; }
ticks_on() { [ "$(ticks)" -gt "$1" ]; }

# What is new holds from the next tick on; a rule that leaves out who is watched lets him go, with that as the reason.
reloads() {
	start_from_file || { end_reload; return; }
	reload 'trial = 60' '[rule mine]' 'match = comm=load' 'watch = no' &&
		said_in_time "reload: trial is 60 now, not 120 ($tmp/h.conf:5)" &&
		said_in_time "out: load ($spinner).*left out by rule mine (comm=load)" &&
		reload '[rule mine]' 'match = comm=load' 'watch = prefer' &&
		said_in_time 'reload: trial is 120 now, not 60 (default)' &&
		until_true 20 watched_again || fail "it is not watched again: $(tail -n 2 "$tmp/log")"
	[ -n "$why" ] || { reload '[rule mine]' 'match = comm=load' 'watch = prefer' && said_in_time 'reload: nothing is new'; }
	end_reload
}
watched_again() { [ "$(grep -c "in: load ($spinner)" "$tmp/log")" -eq 2 ]; }

# A wrong file is said with its lines, and nothing of it holds, what is right in it neither.
refuses_reload() {
	local tick
	start_from_file || { end_reload; return; }
	reload 'exclude = comm=load' 'topp = 5' 'rank = x' &&
		said_in_time "reload: $tmp/h.conf:6: 'topp' is no option; is top meant?" &&
		said_in_time "reload: $tmp/h.conf:7: rank wants user or cpu, not 'x'" &&
		said_in_time 'all goes on as before'
	tick=$(ticks)
	[ -n "$why" ] || until_true 20 ticks_on $((tick + 2)) || fail 'no more ticks'
	[ -n "$why" ] || ! log_has 'out: load' || fail 'a rule of the wrong file holds'
	rm "$tmp/h.conf" && kill -HUP "$daemon" && { [ -n "$why" ] || said_in_time "$tmp/h.conf: No such file"; }
	end_reload
}

# What takes a restart is named, and stays; the command line is stronger at a reload, too.
reload_keeps() {
	start_from_file --trial 33 || { end_reload; return; }
	reload 'only = comm=load' 'rank = cpu' 'trial = 60' 'payback = 7' &&
		said_in_time 'reload: rank stays user: to make it cpu' &&
		said_in_time 'reload: payback is 7 now' &&
		{ ! log_has 'trial is' || fail 'the file is stronger than the command line'; }
	end_reload
}

# A terminal that closes ends what began at it.
hangup_of_terminal() {
	local terminal
	begin "$load" spin
	spinner=$begun
	settle
	begin script -qec "exec '$hotdamon' run --dry-run --state-dir '$tmp/state' --config '$tmp/h.conf' >'$tmp/log' 2>&1" /dev/null \
		</dev/null >/dev/null
	terminal=$begun
	until_true 20 test -s "$tmp/state/status.json" || fail "the daemon does not come up: $(tail -n 1 "$tmp/log")"
	started="$started $(jq .pid "$tmp/state/status.json")"
	finish "$terminal" KILL
	[ -n "$why" ] || said_in_time 'Hangup: undoing everything'
	[ -n "$why" ] || until_true 20 test ! -e "$tmp/state" || fail 'the state directory is left'
	finish "$spinner"
	[ -z "$why" ]
}
