/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What touches the memory of another process is done aside: by a helper, a child of ours, that is waited for within a bound.
 * A process may hold the lock of its memory for as long as it likes (in mmap() of a file whose server does not answer,
 * say), and all who ask for anything behind that lock wait, some of them so that not even SIGKILL ends them.
 *
 * A helper that does not come back in time is left to wait, and another one takes its place; of what it waits for nothing is
 * asked again until it comes back. So its end tells exactly when that answers again.
 *
 * Before aside_begin(), and in a helper, all is done at once by the caller itself.
 */
#ifndef HOTDAMON_BASE_ASIDE_H
#define HOTDAMON_BASE_ASIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

/* How long a call is waited for; less where others wait already, so that many of them cost little more than one. */
#define ASIDE_WAIT_NS NS_PER_S
/* So many more such waits for a helper that wants a CPU: on a busy host it is late, and nobody is stuck. */
#define ASIDE_STARVED_WAITS 4

#define ASIDE_DAMON                                                                                          \
	0U /* what is asked is no process, but DAMON, whose commands wait for one of its threads */

/* Helpers, some 100 KiB each. Of more the one that has waited longest is ended, and its process asked anew. */
#define ASIDE_MOST 32

struct aside_call;

/* What is done, on a copy of @call in the helper. What it returns aside_do() returns. */
typedef int (*aside_work)(struct aside_call *call);

struct aside_call {
	uint32_t pid;	  /* who is asked: a process or thread, or ASIDE_DAMON */
	const char *root; /* of its /proc, for @work; NULL if that does not ask */
	aside_work work;
	void *args; /* go to and fro */
	size_t args_bytes;
	const void *in; /* goes along; NULL: nothing */
	size_t in_bytes;
	void *out; /* comes back: malloced by @work, to be freed; NULL: nothing */
	size_t out_bytes;
	const int *fd;	  /* a descriptor that goes along, and stays the caller's; NULL: none */
	uint64_t wait_ns; /* how long it is waited for; 0: ASIDE_WAIT_NS */
	int *opened;	  /* where one goes that @work opens, to be closed; NULL: it opens none */
};

static inline struct aside_call aside_of(const char *root, uint32_t pid, aside_work work, void *args,
					 size_t args_bytes)
{
	return (struct aside_call){
		.pid = pid, .root = root, .work = work, .args = args, .args_bytes = args_bytes};
}

/*
 * Returns what @call->work() returned; or -EAGAIN: there is no helper to be had now, or it was killed; or -ETIME, now or as of earlier: who is asked does not answer; or another negative
 * errno if there was no helper. Then there is nothing in args, out and opened.
 */
int aside_do(struct aside_call *call);

/* How long a helper has been waiting for @pid; 0: none does. */
uint64_t aside_waits_ns(uint32_t pid);

/* Who is waited for: up to @most pids. Returns how many. */
size_t aside_waits_for(uint32_t *pids, size_t most);

/* CPU time that all helpers used so far. */
uint64_t aside_cpu_ns(void);

/* Whether @pid is us, or a helper of ours. */
bool aside_is_own(uint32_t pid);

/* From now on there are helpers: the first one comes with the first call. */
void aside_begin(void);

/* Ends the helpers. Returns how many the kernel does not let go yet: each ends when who it waits for answers, or ends. */
size_t aside_end(void);

#endif
