// SPDX-License-Identifier: GPL-2.0
/* The limits of a control group: mountinfo, "--", /proc/PID/cgroup, "--", a number of bytes, "--", memory.pressure. */
#include <errno.h>

#include "fuzz.h"
#include "sense/limits.h"

#define PID 7

static void put(const char *name, char **rest)
{
	char *part = fuzz_part(rest);

	fuzz_put(name, part, strlen(part));
}

/* The groups that the inputs of the corpus have; of others nothing is there. */
static void make_groups(void)
{
	static const char *const names[] = {"memory.current", "memory.max", "memory.high",
					    "memory.usage_in_bytes", "memory.limit_in_bytes"};
	static const char *const groups[] = {"", "/a", "/a/b.service"};
	static bool made;
	char name[64];

	for (size_t i = 0; !made && i < 3; i++) {
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			snprintf(name, sizeof(name), "cg%s/%s", groups[i], names[k]);
			fuzz_link(name, fuzz_path("number"));
		}
		snprintf(name, sizeof(name), "cg%s/memory.pressure", groups[i]);
		fuzz_link(name, fuzz_path("psi"));
	}
	made = true;
}

static void check_level(const struct room_level *level)
{
	fuzz_check(level->above < LIMITS_LEVELS);
	fuzz_check(level->max_bytes == ROOM_UNLIMITED || level->max_bytes < 1ULL << 62);
	if (level->psi_known)
		fuzz_check(level->some_avg10_pct >= 0 && level->some_avg10_pct <= 100 &&
			   level->full_avg10_pct >= 0 && level->full_avg10_pct <= 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *rest = text;
	struct room_level levels[LIMITS_LEVELS];
	struct cgroup_mounts mounts;
	char proc_root[1024];
	size_t n = 7;

	make_groups();
	put("proc/self/mountinfo", &rest);
	put("proc/7/cgroup", &rest);
	put("number", &rest);
	put("psi", &rest);
	snprintf(proc_root, sizeof(proc_root), "%.1000s", fuzz_path("proc"));
	cgroup_mounts_find(&mounts, proc_root);
	fuzz_check(memchr(mounts.v2, '\0', sizeof(mounts.v2)) &&
		   memchr(mounts.v1_memory, '\0', sizeof(mounts.v2)));
	fuzz_check(!limits_read(&mounts, fuzz_dir(), PID, levels, &n) || !n);
	fuzz_check(n <= LIMITS_LEVELS);
	for (size_t i = 0; i < n; i++)
		check_level(&levels[i]);
	room_limit_by(levels, n);
	free(text);
	return 0;
}
