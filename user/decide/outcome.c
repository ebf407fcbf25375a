// SPDX-License-Identifier: GPL-2.0
#include "decide/outcome.h"

struct outcome_effect outcome_effect(enum collapse_outcome outcome)
{
	switch (outcome) {
	case COLLAPSE_DONE:
		return (struct outcome_effect){.made_huge = true};
	case COLLAPSE_NO_MEMORY:
		return (struct outcome_effect){.pauses_all = true};
	case COLLAPSE_UNSUITABLE: /* mostly it is one slot, not the mapping: the next look asks */
		return (struct outcome_effect){.doubts_mapping = true};
	case COLLAPSE_DENIED:
		return (struct outcome_effect){.pauses_target = true, .is_error = true};
	case COLLAPSE_LIMITED:
	case COLLAPSE_GONE:
		return (struct outcome_effect){.pauses_target = true};
	default:
		return (struct outcome_effect){0};
	}
}
