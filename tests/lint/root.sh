#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Nothing is at the root of the tree that is not named here. What git knows is looked at, not what lies about.
set -u
known=' .ci .clang-format .gitignore CONTRIBUTING.md LICENSE Makefile README.md bpf dist doc include man tests user vmlinux '

if ! git rev-parse --git-dir >/dev/null 2>&1; then
	echo 'lint-root: skipped: this is no git tree'
	exit 0
fi
broken=0
for name in $(git ls-files | cut -d / -f 1 | sort -u); do
	case $known in *" $name "*) ;; *) echo "lint-root: $name is at the root: should it be?" >&2 && broken=1 ;; esac
done
exit $broken
