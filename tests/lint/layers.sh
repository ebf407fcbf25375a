#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The house's arrows: what each layer must not know. Prints every line that breaks one, and fails.
set -u
broken=0

# forbid WHY PATTERN FILE...: no line of the files may match.
forbid() {
	why=$1 pattern=$2
	shift 2
	if grep -nE "$pattern" "$@"; then
		echo "lint-layers: $why" >&2
		broken=1
	fi
}

forbid 'base knows nobody' '#include "(act|sense|decide|report|daemon|cmd)/' user/base/*.[ch]
forbid 'decide is pure: no library, no clock, no file, no other layer' \
	'#include [<"](bpf/|json-c|systemd/|unistd\.h|time\.h|fcntl\.h|sys/|act/|sense/|report/|daemon/|cmd/|base/(clock|cpus|dir|json|signals|textfile))' user/decide/*.[ch]
forbid 'decide does not log, read or write' '\<(f?printf|fopen|open|getenv|clock_gettime)\(' user/decide/*.c
forbid 'act decides nothing' '#include "(decide/(ranking|governor|descent|quota)|sense/|report/|daemon/|cmd/)' user/act/*.[ch]
forbid 'sense does not act' '#include "(act/|report/|daemon/|cmd/)' user/sense/*.[ch]
forbid 'report renders values' '#include "(act/|sense/|daemon/|cmd/)' user/report/*.[ch]
forbid 'nothing knows the daemon but the commands' '#include "(daemon|cmd)/' user/sense/*.[ch] user/decide/*.[ch] user/act/*.[ch] user/report/*.[ch]
forbid 'the daemon does not know the commands' '#include "cmd/' user/daemon/*.[ch]
forbid "the clock is base's" '\<(clock_gettime|gettimeofday|time)\(' user/[!b]*/*.c user/main.c
forbid 'paths of /sys belong to act, sense and check' '"/sys/' user/decide/*.[ch] user/report/*.[ch] user/daemon/*.[ch] \
	user/main.c user/cmd/run.c user/cmd/top.c user/cmd/status.c user/cmd/cleanup.c
forbid 'only report/log.c logs below the commands' '\<(fprintf\(stderr|perror\(|sd_journal)' user/decide/*.c user/act/*.c user/daemon/*.c
exit $broken
