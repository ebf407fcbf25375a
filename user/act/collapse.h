/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Collapses one slot of another process into a huge page: process_madvise(MADV_COLLAPSE), Linux 6.1+. It
 * needs CAP_SYS_NICE, and ptrace-read of the process (CAP_SYS_PTRACE for those of others).
 */
#ifndef HOTDAMON_ACT_COLLAPSE_H
#define HOTDAMON_ACT_COLLAPSE_H

#include <stdbool.h>
#include <stdint.h>

#include "act/file.h"
#include "decide/outcome.h"

/*
 * Collapses the aligned slot at @slot, one per call: the kernel stops at the first that fails. *@cpu_ns (NULL is fine) is
 * what the caller's pace goes by: the CPU time that the call took, since it also waits for a CPU and for the kernel's work
 * on all CPUs, in which the target is not stalled. Returns 0 (also when it was huge before) or negative errno, with words
 * in @error (NULL is fine); -ETIME: the process does not answer (base/aside.h). collapse_outcome_of() says what follows.
 */
int collapse_slot(int pidfd, uint64_t slot, uint64_t *cpu_ns, struct act_error *error);

/* What the return value of collapse_slot() means. */
enum collapse_outcome collapse_outcome_of(int err);

/*
 * Why a process cannot be collapsed in at all, in words, when collapse_slot() or collapse_allowed() fails with @err; NULL:
 * @err is of a slot, or passes. -ESRCH is of one that lives: its main thread has exited.
 */
const char *collapse_barred_by(int err);

/*
 * Whether the kernel would collapse memory in the mapping around the aligned @slot: not NOHUGEPAGE, not
 * special, with at least one page touched so far, huge pages not disabled for the process. By a range of less
 * than a slot, for which the kernel checks the mapping and then finds nothing to do. Nothing is changed.
 * Returns 1 or 0, or negative errno (-ESRCH, -EPERM, ...).
 */
int collapse_allowed(int pidfd, uint64_t slot);

/*
 * Whether the memory of the process @pid can be reached by process_madvise() at all: 0, or a negative errno that
 * collapse_barred_by() has words for (-ESRCH also when it ended), or another one when it could not be asked. By an address
 * at which nothing can lie, so nothing is changed.
 */
int collapse_reach(uint32_t pid);

/*
 * Whether the kernel and our capabilities let us collapse in other processes at all, tried on memory of a
 * child of our own that lives for the time of this call. 0, or negative errno with words in @error that name
 * what is missing: -ENOSYS no process_madvise, -EINVAL no MADV_COLLAPSE (before 6.1, or no THP), -EPERM no
 * CAP_SYS_NICE, -EACCES ptrace-read is denied.
 */
int collapse_probe(struct act_error *error);

/* Of that what is of all processes, and not of the child: 0, or a negative errno that collapse_barred_by() has words for. */
int collapse_barred_everywhere(void);

#endif
