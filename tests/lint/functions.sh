#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# No function of the program is longer than 65 lines, and no file of C than 500; each has its licence in its first line.
# Prints what is not so, and fails.
broken=0
for file in user/*.[ch] user/*/*.[ch] bpf/*.[ch] include/*.h tests/*/*.[ch]; do
	case $file in
	*.c) first='// SPDX-License-Identifier: GPL-2.0' ;;
	*) first='/* SPDX-License-Identifier: GPL-2.0 */' ;;
	esac
	lines=$(wc -l <"$file")
	[ "$lines" -le 500 ] || { echo "$file: $lines lines"; broken=1; }
	[ "$(head -n 1 "$file")" = "$first" ] || { echo "$file: its first line is not: $first"; broken=1; }
done
awk '
FNR == 1 { start = 0 }
/^{/ { start = FNR }
/^}/ { if (start && FNR - start > 65) { printf "%s:%d: a function of %d lines\n", FILENAME, start, FNR - start; bad = 1 } start = 0 }
END { exit bad }' user/*.c user/*/*.c bpf/*.c || broken=1
exit $broken
