/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is there of a file that is shared memory, whoever has mapped it: by cachestat(2), 6.5. Page tables tell what one
 * process has mapped of it, which is less.
 */
#ifndef HOTDAMON_SENSE_FILEPAGES_H
#define HOTDAMON_SENSE_FILEPAGES_H

#include <stdint.h>

#include "sense/vma.h"

/*
 * A descriptor of the file that @range, VMA_SHARED, maps in @pid, to be closed; needs CAP_CHECKPOINT_RESTORE. Nothing but
 * that file is opened, and only as a regular one: the process may have mapped another there meanwhile. Negative errno,
 * -ESTALE if it has.
 */
int filepages_open(const char *proc_root, uint32_t pid, const struct vma_range *range);

struct filepages {
	uint16_t present; /* of the slot's pages */
	uint16_t swapped;
};

/*
 * Of the slot at @offset of the file. Negative errno: -ENOSYS before 6.5; -EPERM, since 6.14, without CAP_FOWNER for a file
 * of another user.
 */
int filepages_read(int fd, uint64_t offset, struct filepages *pages);

#endif
