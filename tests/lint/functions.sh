#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# No function of the program is longer than 65 lines. Prints those that are, and fails.
awk '
FNR == 1 { start = 0 }
/^{/ { start = FNR }
/^}/ { if (start && FNR - start > 65) { printf "%s:%d: a function of %d lines\n", FILENAME, start, FNR - start; bad = 1 } start = 0 }
END { exit bad }' user/*.c user/*/*.c bpf/*.c
