/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel says of the memory of a whole service: each page once, whoever maps it. */
#ifndef HOTDAMON_SENSE_SERVICE_MEMORY_H
#define HOTDAMON_SENSE_SERVICE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Bytes. Shared: of shmem, see the glossary's shared memory. */
struct service_memory {
	uint64_t anon, anon_huge;
	uint64_t shared, shared_huge;
};

/*
 * How much of @path (of a cgroup) is the cgroup of the service that it is part of: all of it, or less where the service
 * has cgroups below its own. 0: it is no service of its own.
 */
size_t service_path_len(const char *path);

/*
 * Of the first @len bytes of @path below @cgroup_root, where cgroup v2 is mounted. It takes some ten microseconds, however
 * many processes there are. Negative errno; -ENOENT: it is gone, or there is no memory controller, as with v1.
 */
int service_memory_read(const char *cgroup_root, const char *path, size_t len, struct service_memory *memory);

/* The same by the text of memory.stat. -EINVAL: it tells no anonymous memory. What it does not tell is 0. */
int service_memory_parse(const char *text, struct service_memory *memory);

#endif
