# SPDX-License-Identifier: GPL-2.0
# After row.awk: all loads in one table of Markdown. For each way and load the share of the hot
# memory that is huge at the first and at the last look, and the cold memory made huge; of sparse memory, which has no
# gain, what the process grew by.
BEGIN {
	n_ways = split("never always khugepaged damos50 damos5 hotdamon-damos hotdamon-madvise", ways, " ")
}

{
	parse()
	if (!(is["load"] in seen)) loads[++n_loads] = is["load"]
	seen[is["load"]] = 1
	there[is["row"]] = 1
	cell[is["row"], is["load"]] = "skipped" in is ? "-" : is["load"] == "sparse" ? grown() : shares()
}

END {
	printf "|"
	for (l = 1; l <= n_loads; l++) printf " | %s", loads[l]
	printf " |\n|---"
	for (l = 1; l <= n_loads; l++) printf "|---"
	print "|"
	for (w = 1; w <= n_ways; w++) {
		if (!(ways[w] in there)) continue
		printf "| %s", ways[w] == "hotdamon-madvise" ? "**" title[ways[w]] "**" : title[ways[w]]
		for (l = 1; l <= n_loads; l++) printf " | %s", cell[ways[w], loads[l]]
		print " |"
	}
}

function share(column) { return sprintf("%.0f", 100 * is["hot" column] / is["fit"]) }
function shares() { return share(at[1]) ", " share(at[n]) " / " sprintf("%.0f", is["cold"] / 1048576) }
function grown() { return sprintf("RSS +%.0f", (is["rss"] - is["filled"]) / 1048576) }
