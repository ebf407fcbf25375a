/* SPDX-License-Identifier: GPL-2.0 */
/* The first eye: CPU time per process, from BPF on sched_switch. */
#ifndef HOTDAMON_SENSE_HOTNESS_H
#define HOTDAMON_SENSE_HOTNESS_H

#include <stddef.h>
#include <stdint.h>

#include "decide/ranking.h"

struct hotness;

/* What BPF had to leave out so far. */
struct hotness_missed {
	uint64_t tasks;	   /* a task could not be remembered; made up for at its next switch */
	uint64_t threads;  /* that ended when the map had no room: their time is lost */
	uint64_t crowded;  /* windows in which more processes ran than the map holds: slower, but complete */
	uint32_t capacity; /* of the map */
};

/* A window: from the end of the one before to when its own count began. Boot clock. */
struct hotness_span {
	uint64_t began_ns, ended_ns;
};

/* The most processes that --max-processes takes, and the least. */
#define HOTNESS_MAX_PROCESSES (1U << 22) /* pid_max can be no higher */
#define HOTNESS_MIN_PROCESSES 64U

/*
 * Loads and attaches the BPF programs, and takes the present as zero. @boot_now_ns: CLOCK_BOOTTIME, the
 * clock of start times. @max_processes: that the map holds, 0: pid_max, at most 65536. It costs kernel
 * memory of about 48 bytes each, and 200 more for each process that runs; each task of the machine costs
 * about 300. Needs root (or CAP_BPF and CAP_PERFMON), BTF, Linux 5.17. Returns 0 and *@out for
 * hotness_close(), or negative errno.
 */
int hotness_open(uint64_t boot_now_ns, uint32_t max_processes, struct hotness **out);
void hotness_close(struct hotness *hotness); /* detaches, unpins; NULL is fine */

/*
 * Pins the map of processes at @path, replacing what a killed daemon left there. hotness_close()
 * unpins. Negative errno.
 */
int hotness_pin(struct hotness *hotness, const char *path);

/*
 * Closes a window: counts what ran in it, also what is running now on every CPU (a quiet one, see sense/quiet.h, is not
 * interrupted for that), and gives each process that did (the first call: since hotness_open()), in no order, each once. Others are not touched. A process that
 * ended is given with ended set; once it is over (its exit may still burn CPU) its entry is deleted.
 * *@usage belongs to @hotness until the next call. Negative errno; then the window is merged into the next.
 *
 * *@span: the end is taken by the program that counts, just before it does: who is held up on the way there has a
 * longer window, not one with what ran after its end.
 */
int hotness_window(struct hotness *hotness, const struct usage **usage, size_t *n, struct hotness_span *span);

struct hotness_missed hotness_missed(const struct hotness *hotness);

#endif
