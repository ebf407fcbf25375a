// SPDX-License-Identifier: GPL-2.0
/* The claim that another hotdamon left: what is taken of it is within bounds, and is written as it was read. */
#include <errno.h>

#include "claim_tree.h"

static void check_claim(const struct claim *claim)
{
	fuzz_check(claim->pid > 0 && claim->pid <= 1 << 22);
	fuzz_check(claim->seats <= CLAIM_MAX_SEATS && claim->seats_before <= CLAIM_MAX_SEATS);
	fuzz_check(memchr(claim->boot_id, '\0', sizeof(claim->boot_id)));
}

static bool is_same(const struct claim *a, const struct claim *b)
{
	return a->seats == b->seats && a->seats_before == b->seats_before &&
	       a->seats_inode == b->seats_inode && a->stopped_damon_stat == b->stopped_damon_stat &&
	       a->aligned_shared == b->aligned_shared && a->made_state_dir == b->made_state_dir;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct claim_paths paths = make_tree();
	struct act_error error = {""};
	struct claim claim, again;

	fuzz_put("state/claim.json", data, size);
	if (claim_read(&paths, &claim, &error)) {
		fuzz_check(*error.text);
		return 0;
	}
	if (size && *data) { /* an empty one claims nothing */
		check_claim(&claim);
		again = claim;
		fuzz_check(!claim_write(&paths, &again, &error));
		fuzz_check(!claim_read(&paths, &again, &error) && is_same(&claim, &again));
		fuzz_check(!strcmp(again.boot_id, "a boot"));
	}
	return 0;
}
