# SPDX-License-Identifier: GPL-2.0
# The tables of gain for one load (-v kind=), from the files rates, collapses and turns, in this order.

function add(name, value) { values[name, ++count[name]] = value }

function median(name,    n, i, j, v, sorted) {
	n = count[name]
	for (i = 1; i <= n; i++) {
		v = values[name, i]
		for (j = i - 1; j > 0 && sorted[j] > v; j--)
			sorted[j + 1] = sorted[j]
		sorted[j + 1] = v
	}
	return n ? (sorted[int((n + 1) / 2)] + sorted[int(n / 2) + 1]) / 2 : 0
}

$1 != kind { next }

FILENAME ~ /rates$/ {
	add("slots", $3)
	add("accesses", $4)
	for (i = 1; i <= 10; i++)
		add("share" i, $(4 + i))
}

FILENAME ~ /collapses$/ {
	failed += $5
	if ($4)
		add($3 "_cpu_us", $6 / ($4 + $5) * 1000)
	if ($3 == "paced")
		wall_ms[$2] += $7
}

# Turns of the three servers follow each other: ratios are of those that do, so that other load hits both.
FILENAME ~ /turns$/ {
	who = $3 == 0 ? "before_" $4 : $4
	add(who "_gets", $5); add(who "_ns", $6); add(who "_p50", $7); add(who "_p99", $8)
	if ($3 == 10)
		{ add("all_" $4 "_gets", $5); add("all_" $4 "_ns", $6); add("all_" $4 "_p50", $7); add("all_" $4 "_p99", $8) }
	if ($4 == "while")
		next
	ns[$4] = $6; gets[$4] = $5
	if (++n_asked % 3)
		next
	add("hotdamon_ratio_" $3, ns["hotdamon"] / ns["small"])
	if ($3 == 0) {
		add("before_ratio", ns["huge"] / ns["small"])
	} else {
		add("huge_ratio", ns["huge"] / ns["small"])
		add("huge_speed", gets["huge"] / gets["small"])
	}
}

function row(title, name) {
	printf "| %s | %.0f | %.0f | %d | %d |\n", title, median(name "_gets"), median(name "_ns"), median(name "_p50"), \
		median(name "_p99")
}

END {
	printf "\n**%s**\n\n| | GETs a second | CPU ns for each | median answer, us | 99 %% |\n|---|---|---|---|---|\n", kind
	row("small pages", "small")
	row("all huge", "huge")
	row("hotdamon, while it collapses", "while")
	row("hotdamon, all collapsed", "all_hotdamon")
	saved = 1 - median("huge_ratio")
	gain = saved * median("small_ns")
	printf "\nAll huge to small, turn by turn: %.3f of the CPU time for each GET, %.3f of the GETs a second (before, all small: %.3f of the CPU time).\n", \
		1 - saved, median("huge_speed"), median("before_ratio")
	printf "\n| slots collapsed, the most accessed first | of all accesses | CPU time for each GET, to small | of the gain of all huge |\n|---|---|---|---|\n"
	for (i = 1; i <= 10; i++)
		printf "| %d %% | %.0f %% | %.3f | %.0f %% |\n", i * 10, 100 * median("share" i), median("hotdamon_ratio_" i), \
			100 * (1 - median("hotdamon_ratio_" i)) / saved
	for (r in wall_ms)
		add("wall_s", wall_ms[r] / 1000)
	cost_ms = median("paced_cpu_us") * median("slots") / 1000
	printf "\n%d slots, %.1f accesses a GET (seen in page tables); a GET takes %.0f ns less, %.0f for each of them.\n", \
		median("slots"), median("accesses"), gain, gain / median("accesses")
	printf "A collapse takes %.0f us of CPU paced, %.0f unpaced; all of them %.1f s, in %.0f s at the default pace; %d failed.\n", \
		median("paced_cpu_us"), median("unpaced_cpu_us"), cost_ms / 1000, median("wall_s"), failed
	printf "At the speed of small pages that is paid back in %.0f s.\n", cost_ms / 1000 / (gain * median("small_gets") / 1e9)
}
