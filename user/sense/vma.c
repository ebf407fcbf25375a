// SPDX-License-Identifier: GPL-2.0
#include "sense/vma.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/aside.h"
#include "base/units.h"

static uint64_t first_slot(const struct vma_range *range)
{
	return (range->start + PMD_SIZE_BYTES - 1) / PMD_SIZE_BYTES * PMD_SIZE_BYTES;
}

static uint64_t slots_of(const struct vma_range *range)
{
	uint64_t first = first_slot(range);

	/* At the very end of the address space the next slot would be at 0. */
	return first >= range->start && first < range->end ? (range->end - first) / PMD_SIZE_BYTES : 0;
}

struct address_range vma_slots(const struct vma_range *range)
{
	uint64_t first = first_slot(range);

	return (struct address_range){first, first + slots_of(range) * PMD_SIZE_BYTES};
}

/* What stands where a file's path would: nothing, the heap, or a name by prctl(PR_SET_VMA). Not a stack. */
static bool name_is_anonymous(const char *name)
{
	return !*name || !strcmp(name, "[heap]") || !strncmp(name, "[anon:", strlen("[anon:"));
}

/* What follows the permissions. */
static bool parse_file(const char *rest, struct vma_range *range)
{
	unsigned int major, minor;
	struct vma_file file;
	char name[16] = "";

	if (sscanf(rest, " %" SCNx64 " %x:%x %" SCNu64 " %15[^\n]", &file.offset, &major, &minor, &file.inode,
		   name) < 4)
		return false;
	/* A private mapping of huge pages (hugetlb) has an inode, as files have. */
	if (range->kind == VMA_PRIVATE)
		return !file.inode && name_is_anonymous(name);
	file.device = filesystem_device(major, minor);
	range->file = file;
	return file.inode;
}

/* Not all of it by sscanf(): most lines are of other mappings, and there may be thousands. */
bool vma_parse(const char *line, struct vma_range *range)
{
	struct vma_range found = {0};
	char *rest;

	found.start = strtoull(line, &rest, 16);
	if (*rest != '-')
		return false;
	found.end = strtoull(rest + 1, &rest, 16);
	if (rest[0] != ' ' || rest[1] != 'r' || rest[2] == '\0' || rest[3] == '\0' || !slots_of(&found))
		return false;
	found.kind = rest[4] == 's' ? VMA_SHARED : VMA_PRIVATE;
	if (found.kind == VMA_PRIVATE && (rest[2] != 'w' || rest[4] != 'p'))
		return false;
	if (!parse_file(rest + 5, &found))
		return false;
	*range = found;
	return true;
}

static int append(struct vma_map *map, const struct vma_range *range)
{
	int err = array_reserve(&map->ranges, &map->room, map->n + 1, sizeof(*map->ranges));

	if (!err)
		map->ranges[map->n++] = *range;
	return err;
}

/* What one mapping is to the map: a place, bytes that cannot be huge, or nothing. */
static int take(struct vma_map *map, const char *proc_root, uint32_t pid, const struct vma_range *range)
{
	if (range->kind != VMA_PRIVATE &&
	    filesystem_of(&map->known, proc_root, pid, range->file.device) != FILESYSTEM_SHMEM)
		return 0;
	if (!vma_is_aligned(range)) {
		map->unaligned_bytes += range->end - range->start;
		return 0;
	}
	if (range->kind != VMA_PRIVATE)
		map->shared_bytes += range->end - range->start;
	return append(map, range);
}

static int read_lines(FILE *file, const char *proc_root, uint32_t pid, struct vma_map *map)
{
	struct vma_range range;
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	errno = 0;
	while (!err && getline(&line, &size, file) >= 0)
		if (vma_parse(line, &range))
			err = take(map, proc_root, pid, &range);
	if (!err && ferror(file))
		err = errno ? -errno : -EIO;
	free(line);
	return err;
}

static int read_maps(struct aside_call *call)
{
	struct vma_map *map = call->args;
	char path[PATH_MAX];
	FILE *file;
	int err;

	snprintf(path, sizeof(path), "%s/%u/maps", call->root, call->pid);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	err = read_lines(file, call->root, call->pid, map);
	fclose(file);
	call->out = map->ranges;
	call->out_bytes = map->n * sizeof(*map->ranges);
	return err;
}

static bool is_same(const struct vma_range *a, const struct vma_range *b)
{
	return a->start == b->start && a->end == b->end && a->kind == b->kind &&
	       a->file.device == b->file.device && a->file.inode == b->file.inode &&
	       a->file.offset == b->file.offset;
}

/* Both lists ascend. */
static void keep_answers(struct vma_map *fresh, const struct vma_map *old)
{
	size_t i = 0;

	for (size_t k = 0; k < fresh->n; k++) {
		struct vma_range *range = &fresh->ranges[k];

		while (i < old->n && old->ranges[i].start < range->start)
			i++;
		if (i < old->n && is_same(&old->ranges[i], range))
			*range = old->ranges[i];
	}
}

int vma_map_look(struct vma_map *map, const char *proc_root, uint32_t pid)
{
	struct vma_map fresh = {.known = map->known};
	struct aside_call call = aside_of(proc_root, pid, read_maps, &fresh, sizeof(fresh));
	int err = aside_do(&call);

	if (err)
		return err;
	fresh.ranges = call.out;
	fresh.room = fresh.n;
	keep_answers(&fresh, map);
	vma_map_free(map);
	*map = fresh;
	return 0;
}

/* Of a line "START-END rwxp OFFSET DEVICE INODE  NAME"; @next: the first mapping that may be its one. */
static void take_name(const char *line, const struct vma_range *ranges, size_t n, size_t *next,
		      char (*names)[VMA_NAME_LEN])
{
	uint64_t start = strtoull(line, NULL, 16);
	int at = 0;

	while (*next < n && ranges[*next].start < start)
		(*next)++;
	sscanf(line, "%*s %*s %*s %*s %*s %n", &at);
	if (*next == n || ranges[*next].start != start || !at)
		return;
	snprintf(names[*next], VMA_NAME_LEN, "%.*s", (int)strcspn(line + at, "\n"), line + at);
}

/* Of which mappings goes along, so that what comes back is no longer than their names. */
static int read_names(struct aside_call *call)
{
	size_t n = call->in_bytes / sizeof(struct vma_range), size = 0, next = 0;
	char path[PATH_MAX], *line = NULL;
	FILE *file;
	int err = 0;

	snprintf(path, sizeof(path), "%s/%u/maps", call->root, call->pid);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	call->out = calloc(n + 1, VMA_NAME_LEN);
	call->out_bytes = (n + 1) * VMA_NAME_LEN;
	if (!call->out)
		err = -ENOMEM;
	while (!err && getline(&line, &size, file) >= 0)
		take_name(line, call->in, n, &next, call->out);
	free(line);
	fclose(file);
	return err;
}

int vma_names_read(const char *proc_root, uint32_t pid, const struct vma_range *ranges, size_t n,
		   char (**names)[VMA_NAME_LEN])
{
	struct aside_call call = aside_of(proc_root, pid, read_names, NULL, 0);
	int err;

	call.in = ranges;
	call.in_bytes = n * sizeof(*ranges);
	err = aside_do(&call);
	if (!err)
		*names = call.out;
	return err;
}

void vma_map_free(struct vma_map *map)
{
	free(map->ranges);
	*map = (struct vma_map){0};
}

static int range_cmp(const void *key, const void *item)
{
	const uint64_t slot = *(const uint64_t *)key;
	const struct vma_range *range = item;

	if (slot < range->start)
		return -1;
	return slot >= range->end;
}

/* Of @map, to be changed by its owner. */
static struct vma_range *find(const struct vma_map *map, uint64_t slot)
{
	struct vma_range *range;

	if (!map->n)
		return NULL;
	range = bsearch(&slot, map->ranges, map->n, sizeof(*map->ranges), range_cmp);
	return range && range->end - slot >= PMD_SIZE_BYTES ? range : NULL;
}

/* Takes a question from what is left, if there is one to be asked. */
static bool may_ask(const struct vma_range *range, struct vma_asking *asking)
{
	unsigned int *left = range->asked_ns ? &asking->again_left : &asking->left;

	if (range->asked_ns && (range->collapsible || asking->now_ns - range->asked_ns < VMA_AGAIN_NS))
		return false;
	if (!*left)
		return false;
	--*left;
	return true;
}

const struct vma_range *vma_map_find(const struct vma_map *map, uint64_t slot)
{
	return find(map, slot);
}

enum vma_answer vma_map_ask(struct vma_map *map, uint64_t slot, struct vma_asking *asking)
{
	struct vma_range *range = find(map, slot);

	if (!range)
		return VMA_NO;
	if (may_ask(range, asking)) {
		range->collapsible = asking->ask(asking->arg, first_slot(range));
		range->asked_ns = asking->now_ns;
	}
	if (!range->asked_ns)
		return VMA_UNKNOWN;
	return range->collapsible ? VMA_YES : VMA_NO;
}

void vma_map_doubt(struct vma_map *map, uint64_t slot)
{
	struct vma_range *range = find(map, slot);

	if (range)
		range->asked_ns = 0;
}
