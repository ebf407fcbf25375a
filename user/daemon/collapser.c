// SPDX-License-Identifier: GPL-2.0
#include "daemon/collapser.h"

#include <errno.h>
#include <stdlib.h>

#define BACKOFF_MAX_SEATS 4096

struct collapser *collapser_new(struct regions *regions, uint64_t budget_us, uint64_t now_ns)
{
	struct collapser *collapser = calloc(1, sizeof(*collapser));

	if (!collapser)
		return NULL;
	collapser->regions = regions;
	collapser->heat = heat_new();
	collapser->backoff = backoff_new(BACKOFF_MAX_SEATS);
	pace_start(&collapser->pace, budget_us, now_ns);
	if (collapser->heat && collapser->backoff)
		return collapser;
	collapser_free(collapser);
	return NULL;
}

void collapser_free(struct collapser *collapser)
{
	if (!collapser)
		return;
	if (collapser->watched)
		regions_leave(collapser->regions, collapser->watched);
	heat_free(collapser->heat);
	vma_map_free(&collapser->mappings);
	backoff_free(collapser->backoff);
	free(collapser->chosen);
	free(collapser);
}

int collapser_watch(struct collapser *collapser, pid_t kdamond, uint64_t now_ns)
{
	int err;

	if (kdamond == collapser->watched)
		return 0;
	if (collapser->watched)
		regions_leave(collapser->regions, collapser->watched);
	collapser->watched = 0;
	err = kdamond ? regions_watch(collapser->regions, kdamond) : 0;
	if (err)
		return err;
	collapser->watched = kdamond;
	collapser->heard_ns = now_ns;
	return 0;
}

void collapser_forget(struct collapser *collapser)
{
	heat_forget(collapser->heat);
	collapser->mapped_since_ns = 0;
	vma_map_free(&collapser->mappings);
	collapser->mappings_ns = 0;
	backoff_clear(collapser->backoff);
	collapser->pause = (struct backoff_pause){0};
	collapser->choice = (struct choice){0};
	collapser->next = 0;
	collapser->said_sparse = false;
}

int collapser_make_room(struct collapser *collapser, size_t n)
{
	void *chosen;

	if (n <= collapser->room)
		return 0;
	chosen = realloc(collapser->chosen, n * sizeof(*collapser->chosen));
	if (!chosen)
		return -ENOMEM;
	collapser->chosen = chosen;
	collapser->room = n;
	return 0;
}
