/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOTDAMON_BASE_PASSING_H
#define HOTDAMON_BASE_PASSING_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/*
 * Whether @err, an errno or -errno, may be gone at the next try: it tells nothing of what this host has, and nothing of
 * what was asked for.
 */
static inline bool err_is_passing(int err)
{
	switch (abs(err)) {
	case EAGAIN:
	case EBUSY:
	case EINTR:
	case EIO:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOSPC:
		return true;
	default:
		return false;
	}
}

#endif
