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

forbid 'base knows nobody' '#include "(act|config|sense|decide|report|executor|daemon|cmd)/' user/base/*.[ch]
forbid 'decide is pure: no library, no clock, no file, no other layer' \
	'#include [<"](bpf/|json-c|systemd/|unistd\.h|time\.h|fcntl\.h|sys/|act/|sense/|config/|report/|executor/|daemon/|cmd/|base/(clock|cpus|dir|json|signals|textfile))' user/decide/*.[ch]
forbid 'decide does not log, read or write' '\<(f?printf|fopen|open|getenv|clock_gettime)\(' user/decide/*.c
forbid 'act decides nothing' '#include "(decide/(ranking|governor|descent|quota)|sense/|report/|executor/|daemon/|cmd/)' user/act/*.[ch]
forbid 'sense does not act' '#include "(act/|report/|executor/|daemon/|cmd/)' user/sense/*.[ch]
forbid 'report renders values' '#include "(act/|sense/|executor/|daemon/|cmd/)' user/report/*.[ch]
forbid 'nothing knows the daemon but the commands, nor the operator'"'"'s settings but those and the daemon' '#include "(daemon|cmd|config)/' user/sense/*.[ch] user/decide/*.[ch] user/act/*.[ch] user/report/*.[ch] \
	user/executor/*.[ch]
forbid 'watch.h is what the daemon shares: it knows none of its files' '#include "daemon/(daemon|setup|hold|tick|step|seats|summary)' \
	user/daemon/watch.h
forbid 'config is what the operator wants: it reads files, and changes nothing' '#include "(act|report|executor|daemon|cmd)/' user/config/*.[ch]
forbid 'no arrow of user/daemon goes upward' '#include "daemon/(daemon|setup|tick|summary)\.h' user/daemon/seats.[ch] user/daemon/step.[ch] \
	user/daemon/hold.[ch]
forbid 'only the loop knows the loop' '#include "daemon/daemon\.h' user/daemon/[!d]*.[ch]
forbid 'the daemon does not know the commands' '#include "cmd/' user/daemon/*.[ch]
forbid 'arrays grow in base/array' '\<(realloc|reallocarray)\(' user/[!b]*/*.c user/base/[!a]*.c user/main.c
forbid 'base/json reads JSON: it knows when memory was short' '\<json_tokener_' user/[!b]*/*.c
forbid 'units are in base/units.h' '#define [NUM]S_PER_|/ 1e9|\<[1-9][0-9]*0{9}(ULL)?\>' user/[!b]*/*.[ch] user/*.c
forbid "the clock is base's" '\<(clock_gettime|gettimeofday|time)\(' user/[!b]*/*.c user/main.c
forbid 'paths of /sys belong to act, sense and check' '"/sys/' user/decide/*.[ch] user/report/*.[ch] user/executor/*.[ch] user/daemon/*.[ch] \
	user/main.c user/cmd/run.c user/cmd/top.c user/cmd/status.c user/cmd/explain.c user/cmd/map.c user/cmd/cleanup.c
forbid 'only report/log.c logs below the commands' '\<(fprintf\(stderr|perror\(|sd_journal)' user/decide/*.c user/act/*.c user/executor/*.c \
	user/daemon/*.c user/config/*.c
exit $broken
