#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Who holds a seat: the one that turned idle gives it up, the others keep theirs; ends, execs and reused
# pids.
. /add/guest.sh

kdamond_of() { cat "$DAMON/$1/pid"; }
seat_is_free() { look && ! grep -q "^targets\.[0-9]*\.seat $1\$" $T/flat; }

test_idle_one_gives_way() {
	remember_state
	start_daemon --stop-damon-stat --interval 1 --top 2
	load stays --mem 64
	load first --mem 48 --phase 1000:hot,1:idle
	pid_of_first=$pid
	wait_for 20 watches 'first stays' || fail "watched are '$(watched)', not first and stays"
	has_kdamond first || fail 'first has no kdamond'
	has_kdamond stays || fail 'stays has no kdamond'
	kdamond=$(target stays kdamond_pid) seat=$(target stays seat) freed=$(target first seat) first=$(target first kdamond_pid)
	load third --mem 48 --phase 1000:idle,1:hot
	kill -HUP "$pid_of_first" "$pid"
	wait_for 25 watches 'stays third' || fail "watched are '$(watched)', not stays and third"
	has_kdamond third || fail 'third has no kdamond'
	[ "$(target third seat)" = "$freed" ] || fail "third is in seat $(target third seat), not in $freed"
	gone "$first" || fail "the kdamond of first lives on"
	[ "$(target stays kdamond_pid)" = "$kdamond" ] && [ "$(target stays seat)" = "$seat" ] ||
		fail "stays had kdamond $kdamond, now $(target stays kdamond_pid)"
	grep '^ .*out: first' $LOG >$T/said || fail 'nothing is said of the leaving'
	no_complaints
	stop_daemon
	must_be_unchanged 'at the end'
	ok "$(sed 's/.*seat [0-9]*: //' $T/said); third came into seat $freed; the other kdamond stayed $kdamond"
}

test_dwells_before_it_leaves() {
	start_daemon --stop-damon-stat --interval 1 --top 2
	load idles --mem 48 --phase 1000:hot,1:idle
	wait_for 20 has_kdamond idles || fail 'it is not watched'
	kill -HUP "$pid"
	wait_for 15 watches '' || fail "it is still watched"
	out=$(sed -n 's/^ *\([0-9]*\)\.[0-9] s  out: idles.*/\1/p' $LOG)
	[ -n "$out" ] || fail 'nothing is said of the leaving'
	# Nobody took its seat: it leaves for coldness alone, after three cold ticks.
	logged 'out: idles.*: .*3 ticks' || fail "no dwell time in: $(grep 'out: idles' $LOG)"
	[ "$(cat $DAMON/0/state)" = off ] || fail 'its seat is still on'
	no_complaints
	ok "$(sed -n 's/.*out: idles[^:]*: //p' $LOG)"
}

# turn_up PID: a workload with just this pid; others may fork in between.
turn_up() {
	for _ in 1 2 3 4 5 6 7 8; do
		echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid
		workload --name again --mem 48 --report 1 --report-file $T/again.truth &
		again=$!
		echo $again >>$T/pids
		[ $again -ne "$1" ] || return 0
		kill -9 $again
		wait $again
	done
	return 1
} 2>/dev/null

test_reused_pid() {
	load old --mem 48
	old=$pid
	remember_state
	start_daemon --stop-damon-stat --interval 2 --top 2
	wait_for 10 has_kdamond old || fail 'it is not watched'
	wait_for 25 in_state old holding || fail "it is '$(target old descent.state)', not holding"
	started=$(target old start_time_ns) kdamond=$(target old kdamond_pid)
	kill -9 "$old"
	wait "$old" 2>/dev/null
	turn_up "$old" || fail "no process with pid $old could be made"
	wait_for 10 watches again || fail "watched are '$(watched)', not the new one"
	has_kdamond again || wait_for 5 has_kdamond again || fail 'the new one has no kdamond'
	[ "$(target again pid)" = "$old" ] || fail "the new one's pid is $(target again pid)"
	[ "$(target again start_time_ns)" != "$started" ] || fail 'it is taken for the old one'
	[ "$(target again kdamond_pid)" != "$kdamond" ] || fail 'it has the old kdamond'
	logged "out: old ($old).*ended" || fail 'nothing is said of the end of the old one'
	stop_daemon
	no_complaints
	must_be_unchanged 'at the end'
	ok "pid $old: start $started, then $(target again start_time_ns)"
}

# As before, but listed: the new process was not asked for.
test_reused_listed_pid() {
	load old --mem 48
	old=$pid
	load other --mem 48
	start_daemon --stop-damon-stat --interval 2 --pid "$old,$pid"
	wait_for 10 has_kdamond old || fail 'it is not watched'
	kill -9 "$old"
	wait "$old" 2>/dev/null
	turn_up "$old" || fail "no process with pid $old could be made"
	wait_for 10 watches other || fail "watched are '$(watched)', not the other one alone"
	look
	tick=$(status_of tick)
	wait_for 10 ticked $((tick + 2))
	watches other || fail "watched are '$(watched)' later"
	stop_daemon
	no_complaints
	ok "pid $old was let go for good"
}

# Hot memory that is too thin for huge pages: after its trial the process makes room for the next hottest. The trial ends
# with the first tick after its 4 s, and a tick may come late.
test_no_gain_gives_way() {
	load thin --mem 64 --sparse 2
	thin=$pid
	start_daemon --stop-damon-stat --interval 1 --top 1 --executor madvise --trial 4
	wait_for 10 watches thin || fail "watched are '$(watched)', not thin"
	load dense --mem 48
	wait_for 40 watches dense || fail "watched are '$(watched)', not dense; benefit of thin: $(target thin benefit.verdict), $(target thin benefit.trial_s) s; $(target thin descent.reason)"
	logged "out: thin ($thin) of [^,]*, seat 0: no gain in [4-6] s: all that is hot is left alone; .* slots too sparsely populated" ||
		fail "it went for another reason: $(grep 'out: thin' $LOG)"
	[ "$(grep -c "no gain in [4-6] s" $LOG)" = 1 ] || fail 'its reason is not said once'
	skips thin 'no gain in [4-6] s: .* slots too sparsely populated; tried again when it grows, or in [0-9]* ticks' ||
		fail "it is skipped for '$(skipped thin reason)'"
	wait_for 40 gains dense || fail "benefit of dense: $(target dense benefit.verdict); $(target dense descent.reason)"
	case $(target dense benefit.reason) in 'saves about '*' % of a CPU, '*) ;; *) fail "dense gains: $(target dense benefit.reason)" ;; esac
	[ "$(target dense benefit.source)" = savings ] || fail "measured by $(target dense benefit.source)"
	watches dense || fail "watched are '$(watched)' later"
	no_complaints
	ok "$(sed -n 's/.*out: thin[^:]*: //p' $LOG); dense: $(target dense benefit.reason)"
}
gains() { look && [ "$(target "$1" benefit.verdict)" = gains ]; }

# Each exec takes one of the options, and the process calls it every 2 s: that renews neither its trial nor, when it has
# left, its chance.
test_exec_renews_no_trial() {
	# shellcheck disable=SC2046 # words
	load restless --mem 96 --sparse 2 $(seq 200 | sed 's|.*|--exec-after=2|')
	restless=$pid
	start_daemon --stop-damon-stat --interval 1 --top 1 --executor madvise --trial 6
	wait_for 15 watches restless || fail "watched are '$(watched)', not restless"
	load dense --mem 48 --duty 30 # not so hot that it would come in by that
	wait_for 60 watches dense || fail "watched are '$(watched)', not dense; benefit of restless: $(target restless benefit.verdict), $(target restless benefit.trial_s) s"
	logged "out: restless ($restless) of [^,]*, seat 0: no gain in [6-9] s, in which it called exec again and again" ||
		fail "it went for another reason: $(grep 'out: restless' $LOG)"
	# By its pid: the name may be the one that it has between an exec and its naming itself.
	stays 8 skips "$restless" 'called exec again and again; tried again when it grows, or in [0-9]* ticks' ||
		fail "then it is skipped for '$(skipped "$restless" reason)'"
	no_complaints
	ok "$(sed -n 's/.*out: restless[^:]*: //p' $LOG)"
}

# as USER NAME OPTION...: a workload of that user, which is a service of its own.
as() {
	cp /bin/workload "$T/$2"
	user=$1 name=$2
	shift 2
	su -s /bin/sh "$user" -c "exec $T/$name --name $name $*" &
	echo $! >>$T/pids
}
is_watched() { look && watched | grep -qw "$1"; }

# One user's programs take all places, as nobody else wants them. Then another user's server comes, and is less hot.
test_user_has_a_share() {
	chmod 755 $T
	grep -q '^server:' /etc/passwd || echo 'server:x:1000:1000:server:/:/bin/sh' >>/etc/passwd
	as nobody hog1 --mem 40
	as nobody hog2 --mem 40
	as nobody hog3 --mem 40
	start_daemon --stop-damon-stat --executor none --interval 1 --min-cpu 4 "$@"
	wait_for 30 watches 'hog1 hog2 hog3' || fail "watched are '$(watched)', not the three hogs"
	as server server --mem 40 --duty 20
	wait_for 30 is_watched server || fail "watched are '$(watched)'; server is skipped for '$(skipped server reason)'"
	stays 6 is_watched server || fail "then watched are '$(watched)'"
	logged 'out: hog[123] ([0-9]*) of [^,]*, seat [0-2]: .*its user has more than --user-share 67 %, and pid .* of another user waits' ||
		fail "it is not said: $(grep 'out: ' $LOG)"
	stop_daemon
	no_complaints
	ok "$(sed -n 's/.*out: \(hog[^:]*\): /\1: /p' $LOG)"
}

# A child that reads all of its parent's memory burns CPU, and is no hot application. The parent is served.
test_saving_child_gets_no_seat() {
	load saver --mem 192 --hot 48 --snapshot 1 --snapshot-lasts 60
	wait_for 20 named snapshot || fail 'it has no child'
	start_daemon --stop-damon-stat --interval 1 --top 2 --executor "${1:-madvise}"
	wait_for 20 skips snapshot 'of its memory is shared with other processes' ||
		fail "watched are '$(watched)'; the child is skipped for '$(skipped snapshot reason)'"
	tick=$(status_of tick)
	wait_for 30 ticked $((tick + 8)) || fail 'it does not tick' # it is looked at again in less
	skips snapshot 'of its memory is shared' || fail 'the child is not skipped any more'
	kill -9 "$(skipped snapshot pid)"
	wait_for 60 watches saver || fail "watched are '$(watched)', not the parent alone"
	wait_for 60 gains saver || fail "benefit: $(target saver benefit.verdict); $(target saver descent.reason)"
	logged 'in: snapshot' && fail 'the child came in'
	[ "$(grep -c 'skipped: snapshot' $LOG)" -ge 1 ] || fail 'it is not said'
	no_complaints
	ok "$(sed -n 's/.*skipped: snapshot[^:]*: //p' $LOG | head -n 1); $(hot_and_cold saver)"
}
held_up() { look && [ "$(target "$1" held_up_shared_pct)" -gt 25 ] 2>/dev/null; }

# The kernel's scheme cannot choose: while most of the memory is shared it does not act at all.
test_damos_waits_for_a_fork() {
	load saver --mem 192 --hot 48 --snapshot 12 --snapshot-lasts 60
	start_daemon --stop-damon-stat --interval 1 --pid "$pid" --executor damos
	wait_for 30 named snapshot || fail 'it has no child'
	wait_for 30 held_up saver || fail "it is not held up: $(target saver descent.reason)"
	logged 'saver.*held up: .* of its memory is shared' || fail 'it is not said'
	kill -9 "$(pid_of snapshot)"
	wait_for 60 logged 'saver.*no longer held up' || fail 'it is held up for ever'
	no_complaints
	ok "$(sed -n 's/.*saver[^:]*: held up: //p' $LOG | head -n 1)"
}
pid_of() { grep -lx "$1" /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3; }
named() { grep -qx "$1" /proc/[0-9]*/comm 2>/dev/null; }

run_tests saving_child_gets_no_seat damos_waits_for_a_fork idle_one_gives_way dwells_before_it_leaves reused_pid reused_listed_pid no_gain_gives_way \
	exec_renews_no_trial user_has_a_share
