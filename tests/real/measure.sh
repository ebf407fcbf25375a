#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the guest, as the command of run: what the server touches, then hotdamon, and what is huge by then. The truth is
# taken before hotdamon starts and after it has ended, as a kdamond clears accessed bits; while it runs only what is
# huge is read. Lines that begin with "@truth" are for suite: a word for the point in time, then the JSON of touched.
# From the environment: THEN, a load that follows the first while hotdamon runs on; AT, seconds after each load's
# begin at which to look; OPTIONS of hotdamon.
. /add/real.sh

LOOK=10  # seconds of truth
WARM=10  # seconds of load before that
first=$LOAD

# truth WORD OPTION...: what was touched, on one line.
truth() {
	word=$1
	shift
	json=$(/add/touched "$@" "$SERVER_PID") || give_up "no truth at $word"
	echo "@truth $word $json"
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
	for seconds in $AT; do
		while [ "$(now_cs)" -lt $((began + seconds * 100)) ]; do
			sleep 0.2
		done
		truth "$1-$seconds" --seconds 0 --since "/tmp/real/$1.slots"
	done
}

# Each load's own memory, the last first: the machine then begins with what the first has warmed.
for load in $THEN $first; do
	switch_to "$load"
	sleep $WARM
	truth "$load-before" --seconds $LOOK --save "/tmp/real/$load.slots"
done

# shellcheck disable=SC2086 # words
hotdamon run $OPTIONS >/tmp/real/log 2>&1 &
daemon=$!
watch "$first"
for load in $THEN; do
	switch_to "$load"
	watch "$load"
done
kill -TERM $daemon
wait $daemon || echo "@failed hotdamon ended with $?"
truth "$LOAD-after" --seconds $LOOK --since "/tmp/real/$LOAD.slots"
[ ! -s /tmp/real/load ] || echo "@load $(tail -n 1 /tmp/real/load)"
sed 's/^/@log /' /tmp/real/log
