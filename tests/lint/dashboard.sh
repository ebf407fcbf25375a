#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The dashboard and the alerts ask for metrics that there are, in PromQL that is one (as promtool says, where it is
# installed), and the panels have titles of their own and do not lie on each other.
set -u
dashboard=dist/grafana/hotdamon.json
alerts=dist/prometheus/hotdamon.rules.yml
rules=$(mktemp) || exit 1
trap 'rm -f "$rules"' EXIT
broken=0

complain() {
	echo "lint-dashboard: $*" >&2
	broken=1
}

jq empty "$dashboard" || exit 1
exprs=$(jq -r '.panels[].targets[].expr' "$dashboard")
queries=$(jq -r '.templating.list[].query | objects | .query' "$dashboard")

# Names as user/report/metrics.c has them: without what the format puts around them.
for name in $(echo "$exprs $queries $(cat $alerts)" | grep -oE '\<hotdamon_[a-z_]+' | sort -u); do
	short=${name#hotdamon_}
	grep -qE "\"(${short%_total}|${short%_info})\"" user/report/metrics.c || complain "there is no metric $name"
done
# And the other way: each is shown, but for those that only say how they are to be read.
for short in $(grep -oE '"[a-z]+(_[a-z]+)*_(bytes|ratio|acts|aggregations|threads|lines|targets)"' user/report/metrics.c | tr -d '"' | sort -u); do
	echo "$exprs" | grep -qE "\<hotdamon_$short(_total)?\>" || [ "$short" = service_targets ] || complain "hotdamon_$short is nowhere shown"
done

[ "$(jq '[.panels[].title] | length' "$dashboard")" -eq "$(jq '[.panels[].title] | unique | length' "$dashboard")" ] ||
	complain "two panels have one title"
[ "$(jq '[.panels[] | .gridPos as $g | range($g.x; $g.x + $g.w) as $x | range($g.y; $g.y + $g.h) as $y | [$x, $y]] |
	(length != (unique | length)) or any(.[]; .[0] >= 24)' "$dashboard")" = false ] || complain "panels lie on each other, or outside"

if command -v promtool >/dev/null; then
	jq '{groups: [{name: "dashboard", rules: [.panels[].targets[] | {record: "x", expr: (.expr |
		gsub("\\$__rate_interval"; "5m") | gsub("\\$[a-z]+"; ".*"))} ] | to_entries | map(.value + {record: "x:\(.key)"})}]}' \
		"$dashboard" >"$rules"
	promtool check rules "$rules" >/dev/null || complain "promtool finds fault with its queries"
	promtool check rules $alerts >/dev/null || complain "promtool finds fault with the alerts"
else
	echo "lint-dashboard: skipped: that the queries and the alerts are PromQL, as there is no promtool"
fi
exit $broken
