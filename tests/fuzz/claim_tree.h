/* SPDX-License-Identifier: GPL-2.0 */
/* A state directory of this boot, for what is kept in one. */
#ifndef HOTDAMON_TESTS_FUZZ_CLAIM_TREE_H
#define HOTDAMON_TESTS_FUZZ_CLAIM_TREE_H

#include "act/claim.h"
#include "fuzz.h"

static inline struct claim_paths make_tree(void)
{
	static char state[1024], boot_id[1024];

	if (!*state) {
		snprintf(boot_id, sizeof(boot_id), "%.1000s", fuzz_path("boot_id"));
		fuzz_put("boot_id", "a boot\n", strlen("a boot\n"));
		snprintf(state, sizeof(state), "%.1000s", fuzz_path("state"));
	}
	return (struct claim_paths){.state_dir = state, .boot_id = boot_id};
}

#endif
