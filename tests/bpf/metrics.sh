# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Tests of the metrics: a dry run is scraped by a real client. Sourced by run.

address=127.0.0.1:$((20000 + $$ % 20000))

need_curl() { command -v curl >/dev/null || skip 'there is no curl'; }

# scrape OPTIONS...: of curl; what was said goes to $tmp/page.
scrape() { curl -s --max-time 20 -o "$tmp/page" "$@"; }

# value METRIC: of the page, by its whole name with labels.
value() { awk -v name="$1" '$1 == name { print $2 }' "$tmp/page"; }

# memory_kb: what the daemon has, by pages of its own.
memory_kb() { awk '/^RssAnon:/ { print $2 }' "/proc/$daemon/status"; }
descriptors() { find "/proc/$daemon/fd" -mindepth 1 | wc -l; }

# services: programs, ten at a time, each of a name of its own, that come and go until we are ended.
services() {
	local i
	for i in $(seq 100000); do
		ln -s "$(command -v sleep)" "$tmp/bin/svc_$i"
		"$tmp/bin/svc_$i" 0.5 &
		[ $((i % 10)) -ne 0 ] || wait
	done
}

# scrape_thousand: what each took goes to $tmp/times. The last page is looked at.
scrape_thousand() {
	scrape -w '%{http_code} %{time_total}\n' "http://$address/metrics?[1-1000]" >>"$tmp/times" || fail 'a scrape failed'
	[ "$(tail -n 1 "$tmp/page")" = '# EOF' ] || fail 'a page is cut off'
	now=$(grep -c '^hotdamon_service_targets{service="svc_' "$tmp/page")
	[ "$now" -le "$most" ] || most=$now
	came_in=$(value hotdamon_entries_total)
}

# Many scrapes while services come and go, a tenth as many at least, and are watched. SCRAPES=10000 takes some minutes.
metrics_scraped() {
	local churn memory fds now most=0 came_in=0 slow scrapes=${SCRAPES:-2000}
	need_curl || return
	mkdir -p "$tmp/bin"
	start_daemon --metrics "$address" --by process --only 'comm=svc_*' --top 30 --min-cpu 0 --min-mem 0 || return
	begin services
	churn=$begun
	scrape_thousand
	memory=$(memory_kb) fds=$(descriptors)
	: >"$tmp/times"
	while [ -z "$why" ] && { [ "$(wc -l <"$tmp/times")" -lt "$scrapes" ] || [ "$came_in" -lt $((scrapes / 10)) ]; }; do
		[ "$(wc -l <"$tmp/times")" -lt $((50 * scrapes)) ] || fail "only $came_in services were watched meanwhile"
		scrape_thousand
	done
	finish $churn
	until_true 20 no_services || fail 'what ended is still told'
	slow=$(sort -k 2 -n "$tmp/times" | awk '{ t[NR] = $2 } END { printf "half within %.2f ms, 99 of 100 within %.2f ms, all within %.2f ms", 1000 * t[int(NR / 2)], 1000 * t[int(NR * 0.99)], 1000 * t[NR] }')
	numbers="$(wc -l <"$tmp/times") scrapes, $slow; $came_in services came in, at most $most at the end of a thousand; anonymous memory $memory kB before, $(memory_kb) kB after; descriptors $fds and $(descriptors)"
	grep -qv ^200 "$tmp/times" && fail "not all scrapes were answered: $numbers"
	[ "$most" -gt 0 ] && [ "$most" -le 30 ] || fail "$most series of one metric with 30 seats"
	[ "$(descriptors)" -le "$fds" ] || fail "descriptors: $numbers"
	[ "$(memory_kb)" -le $((memory + 256)) ] || fail "memory: $numbers"
	finish "$daemon" || fail 'the daemon failed'
	[ -z "$why" ]
}

no_services() {
	scrape "http://$address/metrics" && ! grep -q '="svc_' "$tmp/page"
}

# What each client gets, and that those who check such pages find nothing wrong.
metrics_formats() {
	local checker
	need_curl || return
	mkdir -p "$tmp/prom"
	start_daemon --metrics "unix:$tmp/state/metrics.sock" --metrics-file "$tmp/prom/hotdamon.prom" --top 5 --min-cpu 0 --min-mem 0 || return
	until_true 10 some_service_in "$tmp/prom/hotdamon.prom" || fail 'nobody is told of in the file'
	set -- --unix-socket "$tmp/state/metrics.sock"
	scrape "$@" -D "$tmp/head" http://localhost/metrics || fail 'no scrape'
	grep -qi '^content-type: application/openmetrics-text; version=1.0.0; charset=utf-8' "$tmp/head" || fail "type: $(cat "$tmp/head")"
	[ "$(tail -n 1 "$tmp/page")" = '# EOF' ] || fail 'OpenMetrics without its end'
	scrape "$@" -D "$tmp/head" -H 'Accept: text/plain;version=0.0.4' http://localhost/metrics || fail 'no scrape'
	grep -qi '^content-type: text/plain; version=0.0.4' "$tmp/head" || fail "type: $(cat "$tmp/head")"
	checker=$(command -v promtool) || checker=
	for page in "$tmp/page" "$tmp/prom/hotdamon.prom"; do
		[ -z "$checker" ] || promtool check metrics <"$page" >"$tmp/said" 2>&1 || fail "promtool: $(cat "$tmp/said")"
	done
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$@" http://localhost/)" = 404 ] || fail 'there is something at /'
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$@" -d x=y http://localhost/metrics)" = 405 ] || fail 'POST is taken'
	[ "$(curl -s -I -o /dev/null -w '%{http_code}' "$@" http://localhost/metrics)" = 200 ] || fail 'HEAD is not taken'
	[ "$(stat -c %a "$tmp/state/metrics.sock")" = 666 ] || fail 'not everybody may ask'
	numbers=${checker:-skipped: what promtool says of the pages, as it is not here}
	finish "$daemon" || fail 'the daemon failed'
	[ ! -e "$tmp/prom/hotdamon.prom" ] && [ ! -e "$tmp/state" ] || fail 'something is left behind'
	[ -z "$why" ]
}

some_service_in() { grep -q '^hotdamon_service_targets{' "$1" 2>/dev/null; }

all_are_taken() { [ "$(descriptors)" -ge $(($1 + 16)) ]; }

# All connections are held by clients that send a byte now and then: they are cut off, and others get their turn.
metrics_slow_clients() {
	local slow='' i idle
	need_curl || return
	start_daemon --metrics "$address" || return
	idle=$(descriptors)
	for i in $(seq 16); do
		begin drip
		slow="$slow $begun"
	done
	until_true 20 all_are_taken "$idle" || fail "of 16 slow clients $(($(descriptors) - idle)) connect"
	scrape "http://$address/metrics" || fail 'slow clients keep others out for 20 s'
	numbers="beside 16 of them a scrape takes $(curl -s -o /dev/null -w '%{time_total}' "http://$address/metrics") s"
	for i in $slow; do finish "$i"; done
	finish "$daemon" || fail 'the daemon failed'
	[ -z "$why" ]
}

# drip: one request that never ends, a byte in two seconds, and then another one.
drip() {
	exec 2>/dev/null
	trap '' PIPE
	while :; do
		{ printf 'GET /metrics HTTP/1.1\r\nX: '; while sleep 2 && printf x; do :; done; } >"/dev/tcp/${address%:*}/${address#*:}"
	done
}

# A second one at the same place, a socket that a killed daemon left, and one that is somebody's.
metrics_socket_in_use() {
	local sock=$tmp/own/metrics.sock first
	need_curl || return
	mkdir -p "$tmp/own"
	start_daemon --metrics "unix:$sock" || return
	kill -9 "$daemon" && wait "$daemon" 2>/dev/null
	started=${started/ $daemon/}
	[ -S "$sock" ] || fail 'there was no socket'
	start_daemon --metrics "unix:$sock" || return # the status that it finds may be the killed one's
	until_true 10 scrape --unix-socket "$sock" http://localhost/metrics || fail 'the socket that was left is in the way'
	first=$daemon
	"$hotdamon" run --dry-run --state-dir "$tmp/other" --metrics "unix:$sock" --duration 1 --interval 0.3 >"$tmp/log2" 2>&1 && fail 'two serve at one place'
	grep -q 'unix:.*Address already in use\|another' "$tmp/log2" || fail "it says: $(cat "$tmp/log2")"
	scrape --unix-socket "$sock" http://localhost/metrics || fail 'the second one took it away'
	finish "$first" || fail 'the daemon failed'
	[ ! -e "$sock" ] || fail 'the socket is left behind'
	[ -z "$why" ]
}

# Where the file may not go: through a link, or where others could write.
metrics_file_refused() {
	mkdir -p "$tmp/real" "$tmp/open"
	ln -sfn real "$tmp/link"
	chmod 777 "$tmp/open"
	for dir in link open; do
		start_daemon --metrics-file "$tmp/$dir/x.prom" || return
		grep -q 'warning: metrics: .*\(link\|others can write it\)' "$tmp/log" || fail "$dir: $(cat "$tmp/log")"
		[ "$(grep -c 'warning: metrics' "$tmp/log")" -eq 1 ] || fail "$dir: it is said more than once"
		finish "$daemon" || fail 'the daemon failed'
		[ ! -e "$tmp/real/x.prom" ] && [ ! -e "$tmp/open/x.prom" ] || fail "$dir: it was written"
	done
	[ -z "$why" ]
}
