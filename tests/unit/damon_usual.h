/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOTDAMON_TESTS_DAMON_USUAL_H
#define HOTDAMON_TESTS_DAMON_USUAL_H

#include "act/damon.h"

/* As run has them, by default, for the executor damos. */
static const struct damon_settings usual = {
	.sample_us = 5000,
	.aggr_us = 100000,
	.update_us = 1000000,
	.heat_apply_us = 1500000,
	.collapses = true,
	.tells_huge = true,
};

#endif
