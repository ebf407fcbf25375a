// SPDX-License-Identifier: GPL-2.0
#include "cmd/memory_look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sense/filepages.h"

#define SLOTS_AT_ONCE 512 /* whoever maps memory meanwhile waits no longer than for so many */

const char *memory_look_why(int err)
{
	if (err == -ETIME)
		return "it does not answer: it, or something, holds the lock of its memory";
	return strerror(-err);
}

void memory_look_free(struct memory_look *look)
{
	vma_map_free(&look->mappings);
	free(look->starts);
	free(look->pages);
	*look = (struct memory_look){0};
}

static int find_populated(const struct memory_look *look, uint32_t tid, struct populated *populated)
{
	size_t n = look->mappings.n;
	struct address_range *within = calloc(n + 1, sizeof(*within));
	int err = within ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !err; i++)
		within[i] = vma_slots(&look->mappings.ranges[i]);
	if (!err)
		err = populated_read(populated, "/proc", tid, within, n, PMD_SIZE_BYTES);
	free(within);
	return err;
}

static int list_slots(struct memory_look *look, const struct populated *populated)
{
	uint64_t all = ranges_bytes(populated->runs, populated->n) / PMD_SIZE_BYTES;
	size_t most = all < MEMORY_LOOK_SLOTS ? all : MEMORY_LOOK_SLOTS;

	look->starts = calloc(most + 1, sizeof(*look->starts));
	look->pages = calloc(most + 1, sizeof(*look->pages));
	if (!look->starts || !look->pages)
		return -ENOMEM;
	for (size_t i = 0; i < populated->n; i++)
		for (uint64_t at = populated->runs[i].start; at < populated->runs[i].end;
		     at += PMD_SIZE_BYTES)
			if (look->n < most)
				look->starts[look->n++] = at;
	look->left_out = all - look->n;
	return 0;
}

/* The pages of a file are there for all who map it, and nobody's own: a collapse copies none. */
static void read_file(const struct memory_look *look, uint32_t tid, const struct vma_range *range,
		      size_t from, size_t to)
{
	int fd = filepages_open("/proc", tid, range);

	for (size_t i = from; i < to; i++) {
		struct slot_pages *pages = &look->pages[i];
		struct filepages found;

		pages->shared = 0;
		if (fd < 0 || pages->huge ||
		    filepages_read(fd, range->file.offset + look->starts[i] - range->start, &found))
			continue;
		pages->present = found.present;
		pages->swapped = found.swapped;
	}
	if (fd >= 0)
		close(fd);
}

static void read_files(const struct memory_look *look, uint32_t tid)
{
	for (size_t i = 0, to; i < look->n; i = to) {
		const struct vma_range *range = vma_map_find(&look->mappings, look->starts[i]);

		for (to = i + 1; to < look->n && range && look->starts[to] < range->end; to++)
			;
		if (range && range->kind == VMA_SHARED)
			read_file(look, tid, range, i, to);
	}
}

static int read_pages(const struct memory_look *look, uint32_t tid)
{
	int err = 0;

	for (size_t i = 0; i < look->n && !err; i += SLOTS_AT_ONCE)
		err = slot_pages_read("/proc", tid, look->starts + i,
				      look->n - i < SLOTS_AT_ONCE ? look->n - i : SLOTS_AT_ONCE,
				      look->pages + i);
	return err;
}

int memory_look(struct memory_look *look, uint32_t tid)
{
	struct populated populated = {0};
	int err = vma_map_look(&look->mappings, "/proc", tid);

	look->mapped = !err;
	if (!err)
		err = find_populated(look, tid, &populated);
	if (!err)
		err = list_slots(look, &populated);
	if (!err)
		err = read_pages(look, tid);
	if (!err && look->mappings.shared_bytes)
		read_files(look, tid);
	populated_free(&populated);
	return err;
}
