/* SPDX-License-Identifier: GPL-2.0 */
/* The clocks: nothing above asks the kernel for the time but through these. */
#ifndef HOTDAMON_BASE_CLOCK_H
#define HOTDAMON_BASE_CLOCK_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Since the boot, with the time in which the machine slept. Never goes back. */
uint64_t clock_boot_ns(void);

/* Likewise, without that time: for who asks how long somebody could have done something, and did not. */
uint64_t clock_awake_ns(void);

/* CPU time that the calling thread used. */
uint64_t clock_thread_cpu_ns(void);

/* And that this process did, all threads. */
uint64_t clock_process_cpu_ns(void);

/* CPU time that the process @pid used, all its threads together; 0: it has ended. */
uint64_t clock_process_cpu_ns_of(pid_t pid);

/* The time of day, which may jump: to be shown, never to be reckoned with. */
time_t clock_wall_s(void);

#endif
