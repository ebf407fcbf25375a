#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the guest, as the command of run: what the server touches, then a way to make it huge, and what is huge by then. The
# truth is taken before the way begins and after it has ended, as a kdamond clears accessed bits; meanwhile only what is
# huge is read. For suite, a word for the moment and JSON: "@truth", by touched, and "@seen", what else there is to see.
# From the environment: THEN, a load that follows the first while the way goes on; AT, seconds after each load's begin
# at which to look; WAY, one of never, always, khugepaged, damos5, hotdamon-damos, hotdamon-madvise; OPTIONS of
# hotdamon.
. /add/real.sh

LOOK=10  # seconds of truth
WARM=10  # seconds of load before that
first=$LOAD

# truth WORD OPTION...: what was touched, on one line.
truth() {
	word=$1
	shift
	# shellcheck disable=SC2046 # words
	json=$(/add/touched "$@" $(server_pids)) || give_up "no truth at $word"
	echo "@truth $word $json"
}

# used_bytes: by all but the page cache.
used_bytes() {
	awk '{ kib[$1] = $2 }
		END {
			used = kib["MemTotal:"] - kib["MemFree:"] - kib["Buffers:"] - kib["Cached:"] + kib["Shmem:"]
			printf "%.0f\n", used * 1024
		}' /proc/meminfo
}

# seen WORD: CPU is what was used since boot, and waits are what the load told since it began to be watched.
seen() {
	# shellcheck disable=SC2046 # words
	printf '@seen %s {"at_cs":%d,"used_bytes":%s,"kernel_ns":%s,"daemon_ns":%s,"longest_ms":%d}\n' "$1" "$(now_cs)" \
		"$(used_bytes)" "$(cpu_ns $(named kdamond.*) $(named khugepaged))" "$(cpu_ns $daemon)" "$(longest_ms "$load_line" | grep . || echo 0)"
}

# switch_to LOAD
switch_to() {
	[ "$LOAD" = "$1" ] && return
	end_load
	start_load "$1"
}

# watch LOAD: what of its memory becomes huge.
watch() {
	began=$(now_cs)
	load_line=$(($(wc -l </tmp/real/load) + 1))
	seen "$1-0"
	for seconds in $AT; do
		while [ "$(now_cs)" -lt $((began + seconds * 100)) ]; do
			sleep 0.2
		done
		truth "$1-$seconds" --seconds 0 --since "/tmp/real/$1.slots"
		seen "$1-$seconds"
	done
}

begin_way() {
	case $WAY in
	never | always) ;;
	khugepaged) thp always ;;
	damos5) begin_by_hand "$SERVER_PID" 5 || give_up 'the kdamond is not to be set up' ;;
	hotdamon-*)
		# shellcheck disable=SC2086 # words
		hotdamon run --executor "${WAY#hotdamon-}" $OPTIONS >/tmp/real/log 2>&1 &
		daemon=$!
		;;
	*) give_up "no way '$WAY'" ;;
	esac
}

end_way() {
	case $WAY in
	damos5) end_by_hand ;;
	hotdamon-*)
		kill -TERM "$daemon"
		wait "$daemon" || echo "@failed hotdamon ended with $?"
		;;
	esac
}

daemon='' load_line=1
: >/tmp/real/log
[ ! -e $DAMON_STAT ] || echo N >$DAMON_STAT
# Each load's own memory, the last first: the machine then begins with what the first has warmed.
for load in $THEN $first; do
	switch_to "$load"
	sleep $WARM
	truth "$load-before" --seconds $LOOK --save "/tmp/real/$load.slots"
done
begin_way
watch "$first"
for load in $THEN; do
	switch_to "$load"
	watch "$load"
done
end_way
truth "$LOAD-after" --seconds $LOOK --since "/tmp/real/$LOAD.slots"
sed 's/^/@load /' /tmp/real/load | tail -n 3
sed 's/^/@log /' /tmp/real/log
