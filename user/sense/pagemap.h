/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of an aligned 2 MiB slot of a process is populated, and whether it is huge already: by the
 * PAGEMAP_SCAN ioctl (6.7), which walks the page tables once and copies out ranges; and what of it others have too, by
 * reading pagemap, an entry a page, as the ioctl does not tell. Nothing of the process is changed or waited for.
 */
#ifndef HOTDAMON_SENSE_PAGEMAP_H
#define HOTDAMON_SENSE_PAGEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"
#include "decide/ranges.h"

/* Counts of 4 KiB pages; what is none of these was never touched. A collapse gives memory to all 512. */
struct slot_pages {
	uint16_t present; /* with memory; 512 when huge */
	uint16_t shared;  /* of these, those that another process maps too (fork, KSM); 0 when huge */
	uint16_t swapped; /* in swap, compressed, or just being migrated */
	uint16_t zero;	  /* mapped to the kernel's zero page: only read so far */
	uint16_t guard;	  /* guard pages (6.13+): the slot can't be collapsed. As swapped before 6.15 */
	bool huge;	  /* mapped by one huge page */
};

/*
 * What is shared: a page that is mapped more than once (pagemap's bit 56, since 4.2, is not set). For pages of large folios
 * (mTHP), kernels that count no mappings of single pages (CONFIG_NO_PAGE_MAPCOUNT) may take it for shared for as long as it
 * exists when any page of the folio was once mapped by more than two. What is swapped out counts as not shared: it is not told.
 */

/*
 * Fills pages[i] for slots[i], addresses that are multiples of PMD_SIZE_BYTES, ascending; neighbours are read
 * by one call. @pid may be any live thread of the process. Slots without a mapping count as untouched.
 * Needs ptrace-read of the process. Returns 0 or negative errno: -ESRCH it has ended, -EACCES we may not,
 * -EINVAL an address is not aligned or not above the one before; *@pages is then undefined.
 */
int slot_pages_read(const char *proc_root, uint32_t pid, const uint64_t *slots, size_t n,
		    struct slot_pages *pages);

/* The same, but what of huge slots is shared is read, too: for a few slots. */
int slot_pages_read_all(const char *proc_root, uint32_t pid, const uint64_t *slots, size_t n,
			struct slot_pages *pages);

/* A range of pages of equal kind, the answer of PAGEMAP_SCAN: struct page_region of <linux/fs.h>. */
struct pagemap_region {
	uint64_t start, end; /* bytes, multiples of 4096 */
	uint64_t categories; /* PAGE_IS_* */
};

/* Adds the part of @region that lies in the slot at address @slot. Apart from reading, for tests. */
void slot_pages_add(struct slot_pages *pages, uint64_t slot, const struct pagemap_region *region);

/*
 * A walk through all memory of a process for its huge pages, in pieces: the kernel keeps the process from mapping and
 * unmapping memory for as long as it walks (smaps_rollup: 5 ms for each GiB in small pages, of all of it at once).
 */
struct huge_walk {
	uint64_t at, seen;   /* where it goes on, and up to where it was told */
	uint64_t huge_bytes; /* anonymous ones so far */
};

/*
 * Goes on with @walk, {0} at first, over about @pages small pages, or as much work among page tables that are empty;
 * @tables_bytes: how much there is of them (VmPTE). 1: it is at the end, *@huge_bytes is what it found, and
 * it begins anew; 0: not yet. Negative errno as above; then it begins anew.
 */
int huge_walk_go_on(struct huge_walk *walk, const char *proc_root, uint32_t pid, uint64_t tables_bytes,
		    uint64_t pages, uint64_t *huge_bytes);

/* Sets @pages->shared by the slot's @entries of pagemap. Apart from reading, for tests. */
void slot_pages_share(struct slot_pages *pages, const uint64_t entries[SLOT_PAGES]);

/* What of a process has memory: runs of whole steps, ascending; those that touch may be two. Starts as {0}. */
struct populated {
	struct address_range *runs; /* owned */
	size_t n, room;
};

/*
 * Finds which steps of @step_bytes (a power of two times PMD_SIZE_BYTES) of @within, @n ranges of whole slots, ascending and
 * apart, hold a page that is present or swapped. One short call for each that does, as the kernel stops at its first page,
 * and one for each range; where memory is so scattered that this were tens of thousands, steps become longer. 0, or
 * negative errno as above and -ENOMEM; then @populated is in part new.
 */
int populated_read(struct populated *populated, const char *proc_root, uint32_t pid,
		   const struct address_range *within, size_t n, uint64_t step_bytes);
void populated_free(struct populated *populated); /* leaves {0} */

#endif
