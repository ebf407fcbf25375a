/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether the kernel aligns shared memory that is mapped from now on, so that it can become huge: with shmem_enabled `never`
 * it does not. `advise` aligns it and leaves it small.
 */
#ifndef HOTDAMON_ACT_ALIGN_H
#define HOTDAMON_ACT_ALIGN_H

#include <stdbool.h>

#include "act/claim.h"

/*
 * Whether the setting is @value, as `never`: 1 or 0. Negative errno; -ENOENT: this kernel has no huge pages in shared
 * memory.
 */
int align_is(const struct claim_paths *paths, const char *value);

/* Sets it to `advise`, or to `never` again. Negative errno with @error. */
int align_turn(const struct claim_paths *paths, bool on, struct act_error *error);

#endif
