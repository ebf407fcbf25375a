# SPDX-License-Identifier: GPL-2.0
# What the tables have in common: a row is a line of KEY=VALUE, with a way, a load and what was seen at some seconds.
BEGIN {
	title["never"] = "THP=never"
	title["always"] = "THP=always"
	title["khugepaged"] = "khugepaged, asked by the target"
	title["damos50"] = "DAMOS collapse by hand, 50 %"
	title["damos5"] = "DAMOS collapse by hand, 5 %"
	title["hotdamon-damos"] = "hotdamon, executor damos"
	title["hotdamon-madvise"] = "hotdamon, executor madvise"
}

# parse: the line to is[KEY], and its seconds to at[1] to at[n].
function parse(i, eq) {
	split("", is)
	for (i = 1; i <= NF; i++) {
		eq = index($i, "=")
		is[substr($i, 1, eq - 1)] = substr($i, eq + 1)
	}
	n = split(is["at"], at, ",")
}
