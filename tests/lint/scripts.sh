#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every script of the project, by its first line or its name: its shell takes it, its licence is in its first lines,
# and shellcheck finds nothing in it. Where shellcheck is not there, that is said.
set -u
broken=0

complain() {
	echo "lint-shell: $*" >&2
	broken=1
}

# scripts: the paths of all of them, a line each.
scripts() {
	find .ci dist doc tests -type f | while read -r path; do
		case $path in
		*.sh) echo "$path" ;;
		*) ! head -n 1 "$path" | grep -qE '^#!.*[ /](ba|da)?sh$' || echo "$path" ;;
		esac
	done
}

for script in $(scripts | sort); do
	shell='sh'
	! head -n 2 "$script" | grep -qE '^#.*bash' || shell=bash
	"$shell" -n "$script" || broken=1
	head -n 2 "$script" | grep -q '^# SPDX-License-Identifier: GPL-2.0$' || complain "$script: no SPDX line at its head"
done
if command -v shellcheck >/dev/null; then
	# SC2154: names of the script that a file is sourced by; set -u finds the others. SC2187: ash is dash to it.
	# shellcheck disable=SC2046 # words
	shellcheck --external-sources --severity=warning --exclude=SC2154,SC2187 $(scripts | sort) || broken=1
else
	echo 'lint-shell: skipped: no shellcheck here (make deps installs it)'
fi
exit $broken
