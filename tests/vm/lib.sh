# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the scripts of tests/vm share. Sourced, not run.

say() { printf 'vm: %s\n' "$*" >&2; }

# die STATUS MESSAGE: 2 is a wrong option, 125 a machine that could not be had.
die() {
	local status=$1
	shift
	say "$*"
	exit "$status"
}

# The administrator's tools are not in every user's PATH.
tool() {
	PATH=$PATH:/usr/sbin:/sbin command -v "$1" ||
		die 125 "$1 is missing: run 'make deps'"
}
