#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What doc/operating.md quotes of the program, the program says: the messages of its table "By message" are in the
# sources, and the long options that it names are explained in the manual page.
set -u
doc=doc/operating.md
broken=0
wanted=$(mktemp) || exit 1
trap 'rm -f "$wanted"' EXIT

complain() {
	echo "lint-words: $doc: $*" >&2
	broken=1
}

# The sources as one line, with the pieces of each text put together.
said=$(cat user/*/*.c user/*/*.h | tr -d '\n\t\\' | sed 's/" *"//g')

# messages: the first cells of the table, without their backticks.
messages() { sed -n '/^### By message/,/^## /s/^| `\([^`]*\)` |.*/\1/p' $doc; }

[ "$(messages | wc -l)" -ge 10 ] || complain 'its table of messages is not found'
# Names and numbers stand for an ellipsis in it.
messages | sed 's/ *… */\n/g' >"$wanted"
while read -r text; do
	case $said in *"$text"*) ;; *) complain "no message says '$text'" ;; esac
done <"$wanted"

for option in $(grep -oE '(^|[ `(])--[a-z]+(-[a-z]+)*' $doc | grep -oE '[a-z][a-z-]*' | sort -u); do
	case $option in now | hot | name) continue ;; esac # of others' commands
	grep -q -- "-$option\b" man/hotdamon.8 || complain "--$option is not in the manual page"
done
exit $broken
