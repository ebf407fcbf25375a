// SPDX-License-Identifier: GPL-2.0
#include "executor/collapser.h"

#include <errno.h>
#include <stdlib.h>

#include "act/collapse.h"
#include "report/log.h"

#define BACKOFF_MAX_SLOTS 4096

struct collapser *collapser_new(struct regions *regions, uint64_t budget_us, uint64_t now_ns)
{
	struct collapser *collapser = calloc(1, sizeof(*collapser));

	if (!collapser)
		return NULL;
	collapser->regions = regions;
	collapser->heat = heat_new();
	collapser->backoff = backoff_new(BACKOFF_MAX_SLOTS);
	pace_start(&collapser->pace, budget_us, now_ns);
	if (collapser->heat && collapser->backoff)
		return collapser;
	collapser_clear(collapser);
	free(collapser);
	return NULL;
}

void collapser_clear(struct collapser *collapser)
{
	if (collapser->watched)
		regions_leave(collapser->regions, collapser->watched);
	heat_free(collapser->heat);
	backoff_free(collapser->backoff);
	shared_list_free(&collapser->shared);
	free(collapser->chosen);
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
	backoff_clear(collapser->backoff);
	collapser->shared.n = 0;
	collapser->pause = (struct backoff_pause){0};
	collapser->worklist = (struct worklist){0};
	collapser->next = 0;
}

/* Of one that is about to end ESRCH is no news. */
void collapser_note_barred(struct target *target, int err)
{
	struct collapser *collapser = target->own;
	bool leader_lives = target->facts.live_tid == target->id.tgid;

	collapser->barred = 0;
	if (!collapse_barred_by(err) || (err == -ESRCH && (leader_lives || target_is_gone(target))))
		return;
	collapser->barred = err;
	if (collapser->said_barred != err)
		log_warning("%s: nothing can be collapsed in it: %s", target->name, collapse_barred_by(err));
	collapser->said_barred = err;
}
