#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# In a Debian with systemd: the package's whole life, one test after the other, each on what the last one left.
# Every test prints one line, "ok NAME" or "not ok NAME: WHY".
set -u
cd /tmp || exit 1
deb=$(echo /add/hotdamon_*.deb)
damon=/sys/kernel/mm/damon/admin/kdamonds
damon_stat=/sys/module/damon_stat/parameters/enabled
wait_s=60 # for what takes a second or two; the machine is emulated
failed=0

# wait_for COMMAND...: until it succeeds.
wait_for() {
	local end=$((SECONDS + wait_s))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}
not() { ! "$@"; }

# check WHY COMMAND...: in time, or the test has failed for that.
check() {
	local words=$1
	shift
	wait_for "$@" || { why=${why:-$words}; return 1; }
}

run_test() {
	why=
	if "$1" && [ -z "$why" ]; then
		echo "ok $1 ($SECONDS s)"
	else
		echo "not ok $1: ${why:-it failed}"
		journalctl --no-pager -o short-monotonic -u hotdamon -n 30
		tail -n 20 /tmp/apt.log 2>/dev/null
		failed=$((failed + 1))
	fi
}

apt() { apt-get -q -y -o APT::Sandbox::User=root "$@" >>/tmp/apt.log 2>&1; }
property() { systemctl show -P "$1" hotdamon; }
active() { [ "$(property ActiveState)/$(property SubState)" = active/running ]; }
main_pid() { property MainPID; }
other_pid() { active && [ "$(main_pid)" -gt 0 ] && [ "$(main_pid)" != "$1" ]; }
watches() { hotdamon status --json | jq -e --arg n "$1" 'any(.targets[]; .comm == $n)'; }
kdamonds() { cat $damon/nr_kdamonds; }
no_kdamonds() { [ "$(kdamonds)" = 0 ]; }
stat_is() { [ "$(cat $damon_stat)" = "$1" ]; }

# Nothing that a daemon makes is there, and all that it changes is as it was.
nothing_left() {
	no_kdamonds && stat_is Y && [ ! -e /sys/fs/bpf/hotdamon ] && [ ! -e /run/hotdamon/claim.json ]
}

installed_and_started() {
	stat_is Y || why='DAMON_STAT is not on in this kernel, so nothing is seen of it'
	apt install "$deb" || { why='apt does not install it'; return; }
	check 'it does not run after its installation' active
	[ "$(systemctl is-enabled hotdamon)" = enabled ] || why='it is not enabled'
	check 'DAMON_STAT is not off while it runs' stat_is N
	[ "$(property NRestarts)" = 0 ] || why="it was restarted $(property NRestarts) times"
}

load() { systemd-run -q --unit="$1" /add/workload --name "$1" --mem 128 --hot 24; }
n_targets() { [ "$(hotdamon status --json | jq '.targets | length')" = "$1" ]; }
kdamond_pids() { hotdamon status --json | jq -r '.targets[] | select(.kdamond_pid > 0) | "\(.comm) \(.kdamond_pid)"' | sort; }

# Services that are watched, so that there is something to be left behind.
watched() {
	load one && load two && load three || { why='no load can be started'; return; }
	check 'a load is not watched' watches one
	check 'not all loads are watched' n_targets 3
	[ "$(kdamonds)" -ge 3 ] || why="there are $(kdamonds) kdamonds"
}

has_kdamonds() { [ "$(kdamond_pids | wc -l)" = "$1" ]; }

# What is not concerned keeps its kdamond; a wrong file changes nothing, and is named with its line.
reloaded() {
	local conf=/etc/hotdamon/hotdamon.conf.d/test.conf pid
	mkdir -p "${conf%/*}"
	printf '[rule two]\nmatch = comm=two\nwatch = no\n' >$conf
	systemctl reload hotdamon || why='it cannot be reloaded'
	check 'a rule does not take a target away' has_kdamonds 2
	kdamond_pids >before
	pid=$(main_pid)
	printf '[run]\n\n\n\n\n\ntopp = 5\n' >$conf
	! systemctl reload hotdamon 2>/dev/null || why='a wrong file is no failure'
	check 'the journal does not name line 7' named_in_journal 'test.conf:7'
	{ active && [ "$(main_pid)" = "$pid" ] && n_targets 2; } || why='a wrong file does not leave it as it was'
	rm $conf
	systemctl reload hotdamon || why='it cannot be reloaded again'
	check 'there is no third kdamond without the rule' has_kdamonds 3
	[ "$(kdamond_pids | grep -cxFf before)" = 2 ] || why='the two that were there are others now'
}
named_in_journal() { journalctl -u hotdamon --no-pager | grep -qF "$1"; }

# Its system calls are those that the unit lets through: what needs them works.
sandboxed() {
	hotdamon status --json >/tmp/status
	jq -e '.cost.miss_source != null' /tmp/status >/dev/null || why='the cost of a miss is not told'
	! journalctl -u hotdamon --no-pager | grep -iE 'not permitted|EPERM|denied' >/tmp/denied ||
		why="it was refused something: $(head -n 1 /tmp/denied)"
	[ "$(stat -c '%a %U %G' /run/hotdamon/status.json)" = '644 root adm' ] ||
		why="the status is $(stat -c '%a %U %G' /run/hotdamon/status.json)"
}

hidepid_honoured() {
	local pid
	pid=$(main_pid)
	mount -o remount,hidepid=invisible /proc
	systemctl restart hotdamon
	check 'it does not run with hidepid=' other_pid "$pid"
	check 'there is no status with hidepid=' test -s /run/hotdamon/status.json
	[ "$(stat -c '%a %U %G' /run/hotdamon/status.json)" = '640 root adm' ] ||
		why="the status is $(stat -c "%a %U %G" /run/hotdamon/status.json); of init: $(grep " /proc " /proc/1/mountinfo); of it: $(grep ' /proc ' "/proc/$(main_pid)/mountinfo")"
	mount -o remount,hidepid=0 /proc
	systemctl restart hotdamon
	check 'it does not watch again' watches one
}

stopped_and_started() {
	systemctl stop hotdamon || why='it cannot be stopped'
	[ "$(property Result)" = success ] || why="its end is '$(property Result)'"
	nothing_left || why="$(kdamonds) kdamonds, DAMON_STAT $(cat $damon_stat), $(ls /sys/fs/bpf /run/hotdamon)"
	systemctl start hotdamon || why='it cannot be started again'
	check 'it does not watch again' watches one
}

# A daemon that hangs is no healthy one.
watchdog_restarts() {
	local pid
	pid=$(main_pid)
	kill -STOP "$pid"
	check 'status does not tell that it hangs' not hotdamon status
	check 'the watchdog does not restart it' other_pid "$pid"
	journalctl -u hotdamon --no-pager | grep -q 'atchdog timeout' || why='it was not for the watchdog'
	check 'it does not watch again' watches one
}

# At moments of a start and of its work, without the 10 s between.
killed_and_restarted() {
	local i pid
	mkdir -p /run/systemd/system/hotdamon.service.d
	printf '[Service]\nRestartSec=0\n[Unit]\nStartLimitIntervalSec=0\n' >/run/systemd/system/hotdamon.service.d/quick.conf
	systemctl daemon-reload
	for i in 0 0.1 0.2 0.4 0.8 1.6 3 5; do
		check "it does not come back before kill $i" active
		pid=$(main_pid)
		sleep $i
		kill -9 "$pid" 2>/dev/null
		check "it does not come back after kill -9 ($i s after its start)" other_pid "$pid"
	done
	rm -r /run/systemd/system/hotdamon.service.d
	systemctl daemon-reload
	check 'it does not watch again' watches one
	check 'there are kdamonds of the dead' own_kdamonds
	systemctl stop hotdamon
	check 'something is left' nothing_left
	systemctl start hotdamon
}
own_kdamonds() { [ "$(kdamonds)" -le "$(hotdamon status --json | jq .seats)" ]; }

# This host lacks what is needed: that is said once, and not tried again and again.
no_loop_without_what_is_needed() {
	systemctl stop hotdamon
	echo 1 >$damon/nr_kdamonds # somebody else's
	systemctl start hotdamon 2>/dev/null && why='it starts beside another user of DAMON'
	[ "$(property ExecMainStatus)" = 3 ] || why="it ends with $(property ExecMainStatus), not 3"
	[ "$(property ActiveState)" = failed ] || why="it is $(property ActiveState)"
	[ "$(kdamonds)" = 1 ] || why='the other one is gone'
	echo 0 >$damon/nr_kdamonds
	systemctl start hotdamon || why='it does not start afterwards'
}

# upgraded: the same, as the next version.
upgraded() {
	local pid
	pid=$(main_pid)
	rm -rf next && dpkg-deb -R "$deb" next && sed -i 's/^Version: .*/&+next/' next/DEBIAN/control && dpkg-deb -b next next.deb \
		>/dev/null || { why='no next version can be made'; return; }
	apt install /tmp/next.deb || why='it cannot be upgraded'
	check 'the new one does not run' other_pid "$pid"
	check 'the new one does not watch' watches one
}

removed() {
	apt remove hotdamon || why='it cannot be removed'
	check 'something is left when it is removed' nothing_left
	[ ! -e /usr/sbin/hotdamon ] || why='the program is still there'
}

purged() {
	mkdir -p /etc/hotdamon/hotdamon.conf.d /var/lib/hotdamon
	echo '[run]' >/etc/hotdamon/hotdamon.conf.d/own.conf
	apt purge hotdamon || why='it cannot be purged'
	find /etc /run /var /usr /lib /sys/fs/bpf -xdev -iname '*hotdamon*' ! -path '/var/log/*' >left
	[ ! -s left ] || why="left: $(tr '\n' ' ' <left)"
}

all='installed_and_started watched reloaded sandboxed hidepid_honoured stopped_and_started watchdog_restarts
	killed_and_restarted no_loop_without_what_is_needed upgraded removed purged'
for name in $(grep . /add/tests || echo "$all"); do
	run_test "$name"
done
exit $((failed > 0))
