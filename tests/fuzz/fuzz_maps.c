// SPDX-License-Identifier: GPL-2.0
/* /proc/PID/maps, in which names of files are others': what is taken are places with room for a slot. mountinfo is the same text. */
#include "fuzz.h"
#include "sense/vma.h"

#define PID 7

static void make_tree(void)
{
	static bool made;

	if (!made) {
		fuzz_link("7/maps", fuzz_path("text"));
		fuzz_link("7/mountinfo", fuzz_path("text"));
	}
	made = true;
}

static void check_range(const struct vma_range *range)
{
	struct address_range slots = vma_slots(range);

	fuzz_check(range->start < range->end);
	fuzz_check(slots.start >= range->start && slots.end <= range->end);
	fuzz_check(slots.start < slots.end && !(slots.start % PMD_SIZE_BYTES) &&
		   !(slots.end % PMD_SIZE_BYTES));
	fuzz_check(range->kind == VMA_PRIVATE ? !range->file.inode : range->file.inode != 0);
}

static bool would(void *arg, uint64_t slot)
{
	(void)slot;
	++*(unsigned int *)arg;
	return true;
}

static void check_map(struct vma_map *map)
{
	unsigned int asked = 0;
	struct vma_asking asking = {would, &asked, 1, .left = 3, .again_left = 0};

	for (size_t i = 0; i < map->n; i++)
		check_range(&map->ranges[i]);
	for (size_t i = 0; i < map->n; i++) {
		if (i && map->ranges[i - 1].end > map->ranges[i].start)
			return; /* the kernel promises that they ascend, apart */
		fuzz_check(vma_map_find(map, vma_slots(&map->ranges[i]).start) == &map->ranges[i]);
		vma_map_ask(map, vma_slots(&map->ranges[i]).start, &asking);
	}
	fuzz_check(asked <= 3);
}

static void check_names(const struct vma_map *map)
{
	char(*names)[VMA_NAME_LEN];

	if (vma_names_read(fuzz_dir(), PID, map->ranges, map->n, &names))
		return;
	for (size_t i = 0; i < map->n; i++)
		fuzz_check(memchr(names[i], '\0', VMA_NAME_LEN) && !strchr(names[i], '\n'));
	free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct vma_map map = {0};
	struct vma_range range;
	uint64_t device;

	make_tree();
	fuzz_put("text", data, size);
	if (vma_parse(text, &range))
		check_range(&range);
	if (filesystem_parse(text, &device) == FILESYSTEM_SHMEM)
		fuzz_check(strstr(text, "tmpfs"));
	if (!vma_map_look(&map, fuzz_dir(), PID) && !vma_map_look(&map, fuzz_dir(), PID)) {
		check_map(&map);
		check_names(&map);
	}
	vma_map_free(&map);
	free(text);
	return 0;
}
