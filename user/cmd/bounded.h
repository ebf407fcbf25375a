/* SPDX-License-Identifier: GPL-2.0 */
/* Looks at a process that may never answer: whoever holds the lock of its memory keeps all waiting who ask for that. */
#ifndef HOTDAMON_CMD_BOUNDED_H
#define HOTDAMON_CMD_BOUNDED_H

#define BOUNDED_S 10 /* for a look at one process; the largest take two */

/*
 * Calls @run in a child, whose output is ours, and returns what that returned, an exit status. If it takes more than @seconds
 * it is killed, which is said on stderr in the name of @command: EXIT_FAILED. A child that cannot be killed yet ends when the
 * kernel lets it.
 */
int bounded_run(const char *command, int (*run)(void *arg), void *arg, double seconds);

#endif
