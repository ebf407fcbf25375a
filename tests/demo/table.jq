# SPDX-License-Identifier: GPL-2.0
# The table of the demonstration. Input (slurped): the status of hotdamon if there is one,
# and the last two reports of each process, in the order of the rows.
def mib: . / 1048576 | round;
def left($n): tostring | . + " " * ([0, $n - length] | max);
def right($n): tostring | " " * ([0, $n - length] | max) + .;
def tenths: . * 10 | round | "\(. / 10 | floor).\(. % 10)";

def row($rank; $name; $cpu; $state; $threshold; $seen; $hot; $huge; $cold):
  "\($rank | right(4))  \($name | left(13)) \($cpu | right(5))  \($state | left(11)) " +
  "\($threshold | left(10)) \($seen | right(7))   \($hot | right(5)) \($huge | right(5)) \($cold | right(8))";

# A process that hotdamon does not rank says itself how much CPU it used.
def own_cpu_pct:
  if length < 2 or .[-1].t_s == .[0].t_s then 0
  else (.[-1].cpu_s - .[0].cpu_s) / (.[-1].t_s - .[0].t_s) * 100 end;

def threshold:
  if .collapse.in_use_bytes then "what pays"
  else .descent | "\(.min_access_pct)% \(.min_accesses)/\(.max_accesses)" end;

def process($target; $skip):
  .[-1] as $own
  | ($own.phase == "hot") as $busy
  | row($target.rank // "-"; $own.name;
        ($target.cpu_pct // $skip.cpu_pct // own_cpu_pct | tenths);
        (if $target then $target.descent.state elif $skip then "skipped" else "not watched" end);
        (if $target then $target | threshold else "-" end);
        ($target.collapse.hot_bytes | if . then mib else "-" end);
        (if $busy then $own.hot_bytes else 0 end | mib);
        ($own.hot_huge_bytes + $own.cold_huge_bytes | mib);
        (if $own.cold_huge_bytes == null then "-"
         else $own.cold_huge_bytes + (if $busy then 0 else $own.hot_huge_bytes end) | mib end));

(map(select(.targets)) | last // {targets: [], skipped: []}) as $now
| reduce (.[] | select(.t_s)) as $report ([];
    (map(.[0].pid) | index($report.pid)) as $at
    | if $at then .[$at] += [$report] else . + [[$report]] end)
| row(""; ""; ""; ""; ""; "hot MiB"; "MiB by"; "   page"; "tables"),
  row("rank"; "process"; "cpu %"; "state"; "threshold"; "(DAMON)"; "hot"; "huge"; "but cold"),
  (.[] | .[0].pid as $pid
    | process([$now.targets[] | select(.pid == $pid)][0]; [$now.skipped[] | select(.pid == $pid)][0])),
  ($now.skipped[] | "      skipped: \(.comm): \(.reason)"[0:79])
