#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Installs what hotdamon is built and tested with, on Debian and Ubuntu; elsewhere names it.
#
#   dist/deps.sh [packages]    also what its packages are made and tested with
set -eu
PATH=$PATH:/usr/sbin:/sbin

# a|b: b where there is no a. Ubuntu has bpftool and perf in linux-tools; the sanitizers of
# clang, and libFuzzer, are known under clang's version where there is no libclang-rt-dev (a glob, see choose).
# promtool, by which metrics and dashboard are checked where it is, is none of them: Debian has it in the package of the
# whole server of Prometheus, which would run from then on.
packages='gcc make pkg-config clang llvm clang-format
libbpf-dev libelf-dev zlib1g-dev libjson-c-dev libsystemd-dev libncurses-dev libmicrohttpd-dev libinih-dev
libcmocka-dev libclang-rt-dev|libclang-rt-*-dev bpftool|linux-tools-generic
qemu-system-x86 busybox-static cpio lz4 debian-archive-keyring
tmux mandoc curl procps util-linux jq shellcheck debootstrap e2fsprogs xz-utils linux-perf|linux-tools-generic'
commands='gcc make pkg-config clang clang-format bpftool qemu-system-x86_64 busybox cpio jq'
libbpf_least=1.1
[ "${1:-}" != packages ] || packages="$packages
dpkg-dev debhelper systemd-dev|systemd lintian rpm rpmlint bash-completion zsh fish"

say() { echo "make deps: $*"; }

die() {
	echo "make deps: $*" >&2
	exit 1
}

# is_installed PATTERN
is_installed() { dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q 'ok installed'; }

# The choices of which none is installed.
missing_choices() {
	for choice in $packages; do
		first=${choice%%|*} last=${choice##*|}
		case $first in
		systemd-dev) pkg-config --exists systemd 2>/dev/null ;; # systemd had that file before it had a systemd-dev
		*) is_installed "$first" || is_installed "$last" ;;
		esac || printf '%s ' "$choice"
	done
}

# is_known PACKAGE: a real one; apt-cache also succeeds on purely virtual ones.
is_known() { apt-cache show "$1" 2>/dev/null | grep -q '^Package:'; }

clang_version() {
	apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9][0-9]*\)$/\1/p' | head -n 1
}

# choose CHOICE: the package of it that this system has. Asks apt, so only after the update.
choose() {
	first=${1%%|*} last=${1##*|}
	if is_known "$first"; then
		echo "$first"
	elif [ "$last" = 'libclang-rt-*-dev' ]; then
		echo "libclang-rt-$(clang_version)-dev"
	else
		echo "$last"
	fi
}

install_missing() {
	say "missing: $missing"
	[ "$(id -u)" -eq 0 ] || die 'installing needs root: run make deps as root'
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	chosen=$(for choice in $missing; do choose "$choice"; done | sort -u)
	# shellcheck disable=SC2086 # a word each
	set -- $chosen
	say "installing: $*"
	apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
}

# What cannot be had by names alone: old distributions, and Ubuntu's bpftool, which is one per kernel.
check_result() {
	for command in $commands; do
		command -v "$command" >/dev/null || die "$command is still not there"
	done
	pkg-config --atleast-version="$libbpf_least" libbpf ||
		die "libbpf is $(pkg-config --modversion libbpf), and $libbpf_least is needed: a newer release of the system has it"
	bpftool version >/dev/null 2>&1 ||
		die "bpftool does not run for this kernel: install linux-tools-$(uname -r), or 'make BPFTOOL=' with one of: $(find /usr/lib/linux-tools -name bpftool 2>/dev/null | tr '\n' ' ')"
}

set -f # the globs in the list are for dpkg
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	echo "make deps: no apt here. Install with this system's own tool what these Debian packages hold:" >&2
	# shellcheck disable=SC2086 # one line
	echo $packages >&2
	exit 1
fi
missing=$(missing_choices)
[ -z "$missing" ] || install_missing
check_result
say 'all there'
