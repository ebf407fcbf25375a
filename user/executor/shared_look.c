// SPDX-License-Identifier: GPL-2.0
/* Slots of shared memory, for the executor madvise: what others know of them, and what is there whoever has mapped it. */
#include <unistd.h>

#include "executor/collapser.h"
#include "sense/filepages.h"

static const struct vma_range *shared_range(const struct target *target, uint64_t start)
{
	const struct vma_range *range = vma_map_find(&target->where.mappings, start);

	return range && range->kind == VMA_SHARED ? range : NULL;
}

static struct shared_key key_in(const struct vma_range *range, uint64_t start)
{
	const struct vma_file *file = &range->file;

	return (struct shared_key){file->device, file->inode, file->offset + start - range->start};
}

bool collapser_shared_key(const struct target *target, uint64_t start, struct shared_key *key)
{
	const struct vma_range *range = shared_range(target, start);

	if (range)
		*key = key_in(range, start);
	return range;
}

void collapser_tell_huge(const struct target *target, uint64_t start, bool huge)
{
	struct collapser *collapser = target->own;
	struct shared_key key;

	if (collapser_shared_key(target, start, &key))
		shared_list_set_huge(&collapser->shared, &key, huge);
}

unsigned int collapser_sharers(const struct executor *executor)
{
	unsigned int n = 0;

	for (unsigned int seat = 0; seat < executor->setup.n_seats; seat++)
		n += executor->setup.targets[seat].used &&
		     executor->setup.targets[seat].where.mappings.shared_bytes > 0;
	return n;
}

struct shared_slot collapser_known_by_others(const struct executor *executor, const struct target *target,
					     const struct shared_key *key)
{
	struct shared_slot sum = {.key = *key};

	for (unsigned int seat = 0; seat < executor->setup.n_seats; seat++) {
		const struct target *other = &executor->setup.targets[seat];
		const struct collapser *collapser = other->own;

		if (collapser && other != target)
			shared_list_sum(&collapser->shared, key, &sum);
	}
	return sum;
}

/* The file of the mapping that was asked for last; a run of slots is of one. */
struct opened {
	const struct vma_range *range;
	int fd; /* negative: it could not be */
};

static void open_file(struct opened *opened, const struct target *target, const struct vma_range *range)
{
	if (opened->range == range)
		return;
	if (opened->range && opened->fd >= 0)
		close(opened->fd);
	opened->range = range;
	opened->fd = range ? filepages_open("/proc", target->facts.live_tid, range) : -1;
}

/*
 * The pages of a file are nobody's own, and a collapse copies none of them. Where the file is not to be asked, what the
 * process has mapped of it is sure to be there. A slot of which it has mapped nothing may be huge all the same: its page
 * tables were taken away when it became so, and it maps it at its next access.
 */
static void take_shared(const struct executor *executor, const struct target *target,
			const struct vma_range *range, uint64_t start, int fd, struct slot_pages *pages)
{
	struct shared_key key = key_in(range, start);
	struct filepages found;

	pages->shared = 0;
	if (!pages->huge && !pages->present)
		pages->huge = collapser_known_by_others(executor, target, &key).huge;
	if (fd >= 0 && !filepages_read(fd, key.offset, &found)) {
		pages->present = found.present;
		pages->swapped = found.swapped;
	}
	if (pages->huge)
		pages->present = SLOT_PAGES;
}

int collapser_read_pages(const struct executor *executor, const struct target *target, const uint64_t *starts,
			 size_t n, struct slot_pages *pages)
{
	int err = slot_pages_read("/proc", target->facts.live_tid, starts, n, pages);
	struct opened opened = {0};

	if (err || !target->where.mappings.shared_bytes)
		return err;
	for (size_t i = 0; i < n; i++) {
		const struct vma_range *range = shared_range(target, starts[i]);

		if (!range)
			continue;
		open_file(&opened, target, range);
		take_shared(executor, target, range, starts[i], opened.fd, &pages[i]);
	}
	open_file(&opened, target, NULL);
	return 0;
}
