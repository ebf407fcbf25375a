# SPDX-License-Identifier: GPL-2.0
# A line of the table, of one load of one row: input is {"LOAD-MOMENT": {"truth": ..., "seen": ...}}, as measure.sh tells.
# $load; $row and $way; $at: moments in seconds, in order; $bars: "60:90,120:98": % of touched memory that is huge at those
# that are in $at; $cold, $unit: of cold memory made huge, at most; $growth in %; $says: what hotdamon must say, or "";
# $said: what it says. Bars are judged of the way hotdamon-madvise.
def mib: . / 1048576 | round;
def pct($of): if $of > 0 then . * 100 / $of | floor else 0 end;
def there: .anon.present_bytes + .shmem.present_bytes;
.["\($load)-before"].truth as $before |
.["\($load)-0"].seen as $begin |
.["\($load)-\($at[-1])"] as $last |
[$at[] as $s | .["\($load)-\($s)"].truth.since | .of_these_huge | pct($before.slots.in_use_dense)] as $huge |
($bars | [scan("([0-9]+):([0-9]+)") | {(.[0]): (.[1] | tonumber)}] | add // {}) as $bar_at |
# What was huge from the start was never made so.
(2 * if $way == "always" then $before.slots.huge_idle else $last.truth.since.idle_made_huge end) as $cold_mib |
(if $unit == "%" then $cold_mib * 1048576 | pct($before | there) else $cold_mib end) as $is_cold |
(($last.truth | there) - ($before | there)) as $grown |
($grown | pct($before | there)) as $is_grown |
(($last.seen.at_cs - $begin.at_cs) * 1e7) as $ns |
[
	(range($at | length) | . as $i | $bar_at["\($at[$i])"] // empty | . as $bar |
		select($huge[$i] < $bar) | "\($huge[$i]) of \($bar) % at \($at[$i]) s"),
	(select($is_cold > $cold) | "cold \($is_cold) above \($cold) \($unit)"),
	(select($is_grown > $growth) | "grown \($is_grown) above \($growth) %"),
	(select($says != "" and ($said | contains($says) | not)) | "does not say \($says)")
] as $missed |
[
	"\($row), \($load)", $way, ($before | there | mib), 2 * $before.slots.in_use_dense, ($huge | join(", ")), $cold_mib,
	"\($grown | mib); \($last.seen.used_bytes - $begin.used_bytes | mib)",
	(if $last.seen.longest_ms > 0 then $last.seen.longest_ms else "-" end),
	"\($last.seen.kernel_ns - $begin.kernel_ns | [., 0] | max | pct($ns)); \($last.seen.daemon_ns - $begin.daemon_ns | pct($ns))",
	($said | if . == "" then "-" else . end),
	(if $way != "hotdamon-madvise" then "-" elif $missed == [] then
		if $says == "" and ([$at[] | $bar_at["\(.)"] // empty] == []) then "met, with none for what is huge" else "met" end
	else "MISSED: \($missed | join("; "))" end)
] | "| \(join(" | ")) |"
