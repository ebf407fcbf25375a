#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The README stays short, its links and those of the other documents lead somewhere, and the manual page has the
# options that the program has, and no others.
set -u
most=200
broken=0

complain() {
	echo "lint-words: $*" >&2
	broken=1
}

lines=$(wc -l <README.md)
[ "$lines" -le "$most" ] || complain "README.md has $lines lines, and $most are enough: the rest belongs to doc/"

# links FILE: the paths that it refers to, without anchors; not those of the web, nor into itself.
links() { grep -o '](\([^)#]*\)' "$1" | cut -c 3- | grep -v '^[a-z]*:' | sort -u; }

for file in README.md CONTRIBUTING.md doc/*.md; do
	for link in $(links "$file"); do
		[ -e "$(dirname "$file")/$link" ] || complain "$file refers to $link, which is not there"
	done
done

# Long options: as argp's tables have them, and as mdoc names them where it explains them.
in_program=$(
	{
		sed -n "s/^[^\"]*{\"\([a-z-]*\)\", *\(OPT_[A-Z_]*\|'[a-z]'\),.*/\1/p" user/cmd/*.c
		sed -n 's/^\t{"\([a-z-]*\)",.*/\1/p' user/config/option.c # each row begins a line
	} | sort -u
)
in_manual=$(grep '^\.It Fl' man/hotdamon.8 | tr ' ' '\n' | sed -n 's/^-\([a-z-]*[a-z]\)$/\1/p' | sort -u)
for option in $in_program; do
	echo "$in_manual" | grep -qx -- "$option" || [ "$option" = help ] || [ "$option" = pids ] ||
		complain "--$option is not in the manual page"
done
for option in $in_manual; do
	echo "$in_program" | grep -qx -- "$option" || complain "--$option is in the manual page, and no option"
done
# Each event of the journal has its words in the catalog, and no other has.
ids() { grep -oE "$1" "$2" | grep -oE '[0-9a-f]{32}' | sort; }
[ "$(ids '"[0-9a-f]{32}"' user/report/event.c)" = "$(ids '^-- [0-9a-f]{32}$' dist/hotdamon.catalog)" ] ||
	complain "dist/hotdamon.catalog does not have the events of user/report/event.c"

# What a reload can change: by the table, and as hotdamon.conf(5) tells; --only and --exclude are .Cm there, too.
in_program=$(awk -F '"' '/^\t{"/ { name = $2 } /\.reloads = true/ { print name }' user/config/option.c | sort)
in_manual=$(sed -n '/^These can change/,/^What else/s/^\.Cm \([a-z][a-z-]*\).*/\1/p' man/hotdamon.conf.5 | sort)
[ "$in_program" = "$in_manual" ] ||
	complain "hotdamon.conf(5) does not tell what a reload can change, as the table does: $(echo $in_program), not $(echo $in_manual)"
exit $broken
