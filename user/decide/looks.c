// SPDX-License-Identifier: GPL-2.0
#include "decide/looks.h"

#include "base/units.h"
#include "decide/heat.h"

#define LOOK_NS	       (200 * NS_PER_MS) /* of targets at work */
#define LOOK_PARKED_NS NS_PER_S		 /* when all are parked */
#define LOOK_REST      4		 /* times what it took, if that is longer: of many big targets */

/* Thousands of mappings take milliseconds. */
#define MAPPINGS_NS	   NS_PER_S
#define MAPPINGS_PARKED_NS (3 * NS_PER_S)
#define MAPPINGS_REST	   50 /* 2 % of the time */

#define SILENT_NS	    (5 * NS_PER_S)
#define SILENT_AGGREGATIONS 10

#define YOUNG_NS	   (800 * NS_PER_MS)
#define YOUNG_AGGREGATIONS 2
#define COARSE_NS	   (10 * NS_PER_S) /* long aggregations need not be all of HEAT_COARSE_AGGREGATIONS */

static uint64_t longer(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t looks_next_ns(uint64_t last_ns, uint64_t cost_ns, bool acting)
{
	return last_ns + longer(acting ? LOOK_NS : LOOK_PARKED_NS, cost_ns * LOOK_REST);
}

uint64_t looks_mappings_next_ns(uint64_t last_ns, uint64_t cost_ns, bool acting)
{
	if (!last_ns)
		return 0;
	return last_ns + longer(acting ? MAPPINGS_NS : MAPPINGS_PARKED_NS, cost_ns * MAPPINGS_REST);
}

bool looks_is_silent(uint64_t heard_ns, uint64_t aggr_us, uint64_t now_ns)
{
	return now_ns > heard_ns + SILENT_NS + SILENT_AGGREGATIONS * 1000 * aggr_us;
}

bool looks_is_young(uint64_t aggregations, bool by_slot, uint64_t since_ns, uint64_t now_ns)
{
	bool coarse = !by_slot && aggregations < HEAT_COARSE_AGGREGATIONS && now_ns < since_ns + COARSE_NS;

	return coarse || aggregations < YOUNG_AGGREGATIONS || now_ns < since_ns + YOUNG_NS;
}
