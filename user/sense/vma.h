/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where in a process a collapse makes sense: private, anonymous, writable mappings (heap, malloc's and
 * others' mmap), and shared memory, with room for an aligned slot. Read from /proc/PID/maps, which is cheap and takes no page
 * table walk. It does not tell madvise(MADV_NOHUGEPAGE); only smaps does, which walks all page tables. So the
 * kernel itself is asked, by the caller's function: collapse_allowed() of act. A question makes every CPU drain its
 * page lists, so only mappings that matter are asked for, few at a time, and answers are kept.
 */
#ifndef HOTDAMON_SENSE_VMA_H
#define HOTDAMON_SENSE_VMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"
#include "decide/ranges.h"
#include "sense/filesystem.h"

enum vma_kind {
	VMA_PRIVATE, /* anonymous */
	VMA_SHARED,  /* of a file that is memory: a slot of it is one for all who map it */
};

/* A mapped file, and from where on. */
struct vma_file {
	uint64_t device; /* filesystem_device() */
	uint64_t inode;
	uint64_t offset; /* bytes, of the mapping's first page */
};

/* One mapping; never merged with its neighbour, since a slot across two can't be collapsed. */
struct vma_range {
	uint64_t start, end; /* bytes, [start, end), multiples of the page size; at least one slot inside */
	enum vma_kind kind;
	struct vma_file file; /* of one that is shared */
	uint64_t asked_ns;    /* when the kernel was last asked; 0: not yet, or its answer is in doubt */
	bool collapsible;     /* its answer: it would */
};

/* All of one process, kept between looks with the answers for what is the same. Starts as {0}. */
struct vma_map {
	struct vma_range *ranges; /* ascending, apart; owned by the map */
	size_t n, room;
	uint64_t shared_bytes; /* of address space: of those that are shared */
	uint64_t
		unaligned_bytes; /* likewise: shared mappings whose addresses and offsets disagree within a slot */
	struct filesystems known; /* that they are of */
};

/*
 * Reads the mappings of @pid (any live thread of the process). A mapping with the bounds of before keeps its answer: the
 * kernel splits a mapping where a part is made different. Returns 0 or negative errno (-ESRCH: it has ended; -EACCES),
 * with @map as before.
 */
int vma_map_look(struct vma_map *map, const char *proc_root, uint32_t pid);
void vma_map_free(struct vma_map *map); /* leaves {0} */

#define VMA_NAME_LEN 64 /* cut */

/*
 * The names of the @n mappings @ranges, ascending, in the process that has the thread @pid: "[heap]", a file; "" of one that
 * has none, or is there no more. 0, and *@names is malloced; negative errno as of vma_map_look(), or -ENOMEM.
 */
int vma_names_read(const char *proc_root, uint32_t pid, const struct vma_range *ranges, size_t n,
		   char (**names)[VMA_NAME_LEN]);

/* The whole slots in @range; there is one. */
struct address_range vma_slots(const struct vma_range *range);

/* Whether the kernel would collapse memory in the mapping around the aligned @slot. */
typedef bool (*vma_ask)(void *arg, uint64_t slot);

/* Questions of one look. */
struct vma_asking {
	vma_ask ask;
	void *arg;
	uint64_t now_ns;	 /* not 0 */
	unsigned int left;	 /* so many may be asked for the first time, or that are in doubt, */
	unsigned int again_left; /* and so many that were refused VMA_AGAIN_NS ago or before */
};

#define VMA_AGAIN_NS (10 * NS_PER_S) /* it may have been empty, or opted out for a while */

enum vma_answer {
	VMA_NO, /* no mapping of ours holds the whole slot, or the kernel refused */
	VMA_YES,
	VMA_UNKNOWN, /* it was not asked yet */
};

/*
 * Whether the slot at the aligned address @slot lies wholly in one mapping that can be collapsed. Asks for the first slot
 * of that mapping if its answer is not known, or an old refusal, and @asking has something left. O(log n).
 */
enum vma_answer vma_map_ask(struct vma_map *map, uint64_t slot, struct vma_asking *asking);

/* The mapping that holds the whole slot at the aligned address @slot; NULL: there is none of ours. It is @map's. */
const struct vma_range *vma_map_find(const struct vma_map *map, uint64_t slot);

/* A collapse in it failed as unsuitable: the mapping around @slot is asked for again. */
void vma_map_doubt(struct vma_map *map, uint64_t slot);

/*
 * One line of maps. False if it is none, or not a mapping that could be collapsed; *@range untouched then. A shared one could
 * be if its file is memory, and if vma_is_aligned().
 */
bool vma_parse(const char *line, struct vma_range *range);

/* Huge pages of a file lie at multiples of their size in it: only where these are such addresses too they can be mapped. */
static inline bool vma_is_aligned(const struct vma_range *range)
{
	return range->kind == VMA_PRIVATE || (range->start - range->file.offset) % PMD_SIZE_BYTES == 0;
}

#endif
