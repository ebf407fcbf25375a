// SPDX-License-Identifier: GPL-2.0
#include "decide/levels.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* The RFC's schedule: by 10 above 50 %, by 5 above 15 %, by 1 down to 2 %. */
static unsigned int next_pct(unsigned int pct)
{
	if (pct > 50)
		return pct - 10;
	return pct > 15 ? pct - 5 : pct - 1;
}

/* By how much equal heat scatters; descent_min_access_pct() says why so. */
static unsigned int hold_accesses(unsigned int accesses, unsigned int max)
{
	double level = accesses, samples = max, variance = level * (samples - level) / samples;
	bool surely_hot = level * 100 >= samples * DESCENT_HOT_PCT;
	double hold = surely_hot ? samples * (level + 2 - sqrt(4 * variance + 4)) / (samples + 4)
				 : level - sqrt(variance);

	return (unsigned int)fmax(ceil(hold), ceil(level / 2));
}

int descent_levels_build(uint64_t sample_us, uint64_t aggr_us, struct descent_levels *levels)
{
	uint64_t max;

	if (!sample_us || aggr_us < sample_us)
		return -EINVAL;
	max = aggr_us / sample_us;
	if (max > UINT32_MAX)
		max = UINT32_MAX; /* as the kernel does */
	memset(levels, 0, sizeof(*levels));
	levels->max_accesses = (unsigned int)max;
	for (unsigned int pct = 90; pct >= 2; pct = next_pct(pct)) {
		unsigned int accesses = (unsigned int)((pct * max + 99) / 100); /* max >= 1, so this is too */

		if (levels->n && levels->accesses[levels->n - 1] == accesses)
			continue;
		levels->pct[levels->n] = pct;
		levels->hold[levels->n] = hold_accesses(accesses, levels->max_accesses);
		levels->accesses[levels->n++] = accesses;
	}
	return 0;
}

void descent_levels_one(struct descent_levels *levels)
{
	unsigned int last = levels->n - 1;

	levels->n = 1;
	levels->pct[0] = levels->pct[last];
	levels->accesses[0] = levels->hold[0] = levels->accesses[last];
}
