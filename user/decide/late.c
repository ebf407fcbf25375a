// SPDX-License-Identifier: GPL-2.0
#include "decide/late.h"

bool late_is(uint64_t age_ns, double interval_s)
{
	return age_ns > LATE_LEAST_NS && ns_to_s(age_ns) > LATE_INTERVALS * interval_s;
}
