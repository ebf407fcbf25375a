/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a watched process's memory is hot, read from sysfs: the directory tried_regions of a scheme, which has a
 * directory for each region that the scheme was applied to when the kernel was last asked. For kernels where
 * sense/regions.h does not work. Reads what is there; whoever asks the kernel to fill it does so before.
 */
#ifndef HOTDAMON_SENSE_TRIED_H
#define HOTDAMON_SENSE_TRIED_H

#include <stddef.h>

#include "decide/heat.h"

struct tried;

struct tried *tried_new(void);	      /* for tried_free(); NULL when out of memory */
void tried_free(struct tried *tried); /* NULL is fine */

/*
 * Reads the directory @path: *@regions are the regions that were accessed, in order of their addresses; they are
 * @tried's until the next call. None is fine, and no error. Negative errno, with the outputs untouched: -ENOENT: there is
 * no such directory, or it has no total_bytes (6.6+); -EAGAIN: what it says of all its regions is not what they sum up to,
 * as they vanished meanwhile, or the kernel had no memory for all; -EINVAL: a file holds no such number, or the regions
 * are not in order.
 */
int tried_read(struct tried *tried, const char *path, const struct heat_region **regions, size_t *n);

#endif
