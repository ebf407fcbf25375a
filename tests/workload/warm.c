// SPDX-License-Identifier: GPL-2.0
#include "warm.h"

#include "options.h"

#define PERIODS_PER_S 10

static struct range warm_range(void)
{
	return (struct range){opt.warm_at, opt.warm_at + opt.warm};
}

void warm_check(const struct layout *layout)
{
	struct range warm = warm_range();

	if (!opt.warm)
		return;
	if (warm.end > layout->mem || layout->sparse > 1 || layout->piece || opt.move_s > 0)
		die(2, "--warm must fit into --mem, and goes not with --sparse, --vmas, --move");
	if (layout_hot_part(layout, warm, 0))
		die(2, "--warm and the hot memory overlap: see --warm-at, --hot-at");
}

/* By hundredths of a period. */
bool warm_is_due(double t)
{
	return opt.warm && (uint64_t)(t * PERIODS_PER_S * 100) % 100 < opt.warm_pct;
}

void warm_access(uint64_t heap, uint64_t *page, int n)
{
	for (int i = 0; i < n; i++) {
		(*(volatile uint64_t *)(heap + opt.warm_at + *page * PAGE))++;
		*page = *page + 1 < opt.warm / PAGE ? *page + 1 : 0;
	}
}

uint64_t warm_part(struct range range)
{
	struct range warm = warm_range();
	uint64_t from = range.start > warm.start ? range.start : warm.start;
	uint64_t to = range.end < warm.end ? range.end : warm.end;

	return from < to ? to - from : 0;
}
