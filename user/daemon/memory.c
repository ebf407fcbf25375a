// SPDX-License-Identifier: GPL-2.0
#include "daemon/memory.h"

#include "sense/vma.h"

void memory_see(const struct watch *watch, const struct target *target, const struct process_facts *facts,
		struct candidate *candidate)
{
	struct vma_map mappings = {0};
	uint64_t aligned_bytes = 0, unaligned_bytes = 0;

	if (target && target->where.looked_ns) { /* not so in a dry run */
		aligned_bytes = target->where.mappings.shared_bytes;
		unaligned_bytes = target->where.mappings.unaligned_bytes;
	} else if (facts->shared_bytes >= PMD_SIZE_BYTES && facts->live_tid &&
		   candidate->cpu_pct >= watch->options->min_cpu_pct &&
		   !vma_map_look(&mappings, "/proc", facts->live_tid)) {
		aligned_bytes = mappings.shared_bytes;
		unaligned_bytes = mappings.unaligned_bytes;
	}
	vma_map_free(&mappings);
	candidate->anon_bytes = facts->anon_bytes;
	candidate->shared_bytes = process_shared_bytes(facts, aligned_bytes);
	if (unaligned_bytes)
		candidate->unaligned_bytes = facts->shared_bytes - candidate->shared_bytes;
}
