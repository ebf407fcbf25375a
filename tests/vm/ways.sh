# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What tables of ways to make memory huge share in the guest, beside guest.sh. Sourced, not run.

THP=/sys/kernel/mm/transparent_hugepage

# thp MODE
thp() { echo "$1" >$THP/enabled; }

# named GLOB: pids.
named() {
	for one in /proc/[0-9]*; do
		read -r comm <"$one/comm" 2>/dev/null || continue
		# shellcheck disable=SC2254 # a pattern
		case $comm in $1) echo "${one#/proc/}" ;; esac
	done
}

# cpu_ns PID...: of all their threads; a process that is gone has none.
cpu_ns() {
	for one; do
		cat "/proc/$one"/task/*/schedstat 2>/dev/null
	done | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# put FILE VALUE: below a kdamond of ours; while another command is at work it is EBUSY.
put() { wait_for 5 try_put "$1" "$2" || return 1; }
try_put() { echo "$2" >"$DAMON/0/$1" 2>/dev/null; }

# begin_by_hand PID PCT: as somebody would who has read the kernel's documentation; false if it cannot be, 2 if the
# kernel has no collapse scheme.
begin_by_hand() {
	scheme=contexts/0/schemes/0
	put_all=1
	echo 1 >$DAMON/nr_kdamonds
	foreign_kdamond 0 "$1"
	put contexts/0/monitoring_attrs/intervals/update_us 1000000
	put contexts/0/schemes/nr_schemes 1
	try_put $scheme/action collapse || return 2
	for limit in sz nr_accesses age; do
		put $scheme/access_pattern/$limit/max 4294967295 || put_all=
	done
	put $scheme/access_pattern/sz/max 18446744073709551615 || put_all=
	put $scheme/access_pattern/nr_accesses/min $(($2 * 20 / 100)) || put_all=
	put state on || put_all=
	[ "$put_all" ]
}

end_by_hand() {
	put state off
	echo 0 >$DAMON/nr_kdamonds
}
