// SPDX-License-Identifier: GPL-2.0
#include "sense/service_memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/textfile.h"
#include "decide/service.h"
#include "sense/owner.h"

size_t service_path_len(const char *path)
{
	char above[CGROUP_PATH_LEN];
	struct service service, part;
	size_t len = strlen(path);
	char *slash;

	service_of_cgroup(path, &service);
	if (!service.own || len >= sizeof(above))
		return 0;
	memcpy(above, path, len + 1);
	while ((slash = strrchr(above, '/'))) {
		*slash = '\0';
		service_of_cgroup(above, &part);
		if (!part.own || part.key != service.key)
			break;
		len = strlen(above);
	}
	return len;
}

int service_memory_parse(const char *text, struct service_memory *memory)
{
	struct service_memory found = {0};
	const struct {
		const char *name;
		uint64_t *value;
	} lines[] = {{"anon ", &found.anon},
		     {"anon_thp ", &found.anon_huge},
		     {"shmem ", &found.shared},
		     {"shmem_thp ", &found.shared_huge}};
	int err = -EINVAL;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
			if (!strncmp(line, lines[i].name, strlen(lines[i].name)) &&
			    sscanf(line + strlen(lines[i].name), "%" SCNu64, lines[i].value) == 1 && !i)
				err = 0;
	}
	if (!err)
		*memory = found;
	return err;
}

int service_memory_read(const char *cgroup_root, const char *path, size_t len, struct service_memory *memory)
{
	char *text;
	int err = textfile_read_all(&text, "%s%.*s/memory.stat", cgroup_root, (int)len, path);

	if (err)
		return err;
	err = service_memory_parse(text, memory);
	free(text);
	return err;
}
