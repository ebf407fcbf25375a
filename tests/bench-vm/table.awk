# SPDX-License-Identifier: GPL-2.0
# After row.awk: rows of one load and boot to a table in Markdown. Throughput is relative to the seconds
# before in the same process, as an emulated machine has quick and slow minutes: the row "never" tells how much they
# differ by themselves. A process that has huge pages from the start has no such seconds, and takes those of "never";
# so do times of batches, which need a window of the same length.
BEGIN {
	what["range"] = "one hot range, 64 MiB in the middle of 384"
	what["upper"] = "the upper 64 MiB of 384 are hot"
	what["islands"] = "24 hot islands of 2 MiB, 16 MiB apart, in 384 MiB"
	what["unequal"] = "16, 32 and 32 MiB of 384 are hot, by 8 to 4 to 1"
	what["sparse"] = "one page in 64 is touched, in 384 MiB"
	what["vmas"] = "64 MiB of 384 are hot, and every 4 MiB is a mapping that ends in a guard page"
	what["moving"] = "48 hot MiB of 384 that move by 48 MiB each 22 s"
	what["snapshot"] = "48 hot MiB of 256; every 10 s a child writes out all"
}

{
	parse()
	if (NR == 1) head()
	if (is["row"] == "never") remember_idle()
	if ("skipped" in is) skipped()
	else row()
	hosts = hosts (NR > 1 ? ", " : "") is["host"]
}

END { printf "\nThe host's load average as the rows ended: %s.\n", hosts }

function head() {
	printf "**%s** (%s), Linux %s\n\n", is["load"], what[is["load"]], is["kernel"]
	for (i = 1; i <= n; i++) seconds = seconds (i > 1 ? ", " : "") at[i]
	print "| | hot that is huge, % at " seconds " s | cold made huge, MiB | RSS grown, MiB | throughput, first " \
		at[1] " s; after | 99.9 % of batches; longest | collapses: done; already huge; failed | CPU %: kernel; hotdamon |"
	print "|---|---|---|---|---|---|---|---|"
}

# per_s FROM TO: accesses a second between two columns; FROM 0 is the beginning.
function per_s(from, to) {
	if (from == to) return 0
	return (is["accesses" to] - (from ? is["accesses" from] : 0)) / (is["s" to] - (from ? is["s" from] : 0))
}

function remember_idle() {
	never_idle = is["idle_accesses"] / is["idle_s"]
	idle_p999 = is["p999"]
	idle_max = is["max"]
}

function ratio(value, of) { return of > 0 && value > 0 ? sprintf("%.2f", value / of) : "-" }

function mib(bytes) { return sprintf("%.0f", bytes / 1048576) }

function skipped() {
	gsub(/_/, " ", is["skipped"])
	printf "| %s | %s | | | | | | |\n", title[is["row"]], is["skipped"]
}

function cpu(ns) { return sprintf("%.1f", ns / 1e7 / is["elapsed_cs"] * 100) }

function row() {
	shares = ""
	for (i = 1; i <= n; i++) shares = shares (i > 1 ? ", " : "") sprintf("%.0f", 100 * is["hot" at[i]] / is["fit"])
	printf "| %s | %s | %s | %s ", title[is["row"]], shares, mib(is["cold"]), mib(is["rss"] - is["filled"])
	idle = is["row"] == "always" ? never_idle : is["idle_accesses"] / is["idle_s"]
	printf "| %s; %s ", ratio(per_s(0, at[1]), idle), ratio(per_s(at[1], at[n]), idle)
	printf "| %s; %s ", ratio(is["p999"], idle_p999), ratio(is["max"], idle_max)
	printf "| %d; %d; %d ", is["made"], is["already"], is["tried"] - is["made"] - is["already"]
	printf "| %s; %s |\n", cpu(is["kdamond_ns"] + is["khugepaged_ns"]), cpu(is["daemon_ns"])
}
