/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `hotdamon top` knows: the windows as they come, the facts of those that are looked at, and what a pause holds.
 * No screen, and nothing is printed.
 */
#ifndef HOTDAMON_CMD_TOP_MODEL_H
#define HOTDAMON_CMD_TOP_MODEL_H

#include "cmd/top_facts.h"
#include "decide/ranking.h"
#include "report/service_table.h"
#include "report/top.h"
#include "sense/hotness.h"

struct top_options {
	uint64_t count; /* refreshes to show, in plain lines; 0: no end */
	double delay_s;
	bool json, batch;
	enum rank_by rank_by;
	enum table_by by;     /* at first, where keys can change it */
	const uint32_t *pids; /* only these; 0 of them: all */
	size_t n_pids;
	uint32_t max_processes; /* of the map of processes; 0: by pid_max */
	const char *cgroup;	/* only what is in it; NULL: all */
};

/* All that a window left to be shown. */
struct snapshot {
	struct table table;
	struct service_table services; /* of it; empty where only processes are shown */
	struct top_summary summary;
	bool any;	   /* there was a window */
	uint64_t ended_ns; /* of it, boot clock */
};

struct model {
	const struct top_options *options;
	struct facts facts;
	struct hotness *hotness;
	struct ranking *ranking;
	struct service_ranking *service_ranking; /* NULL: only processes are shown */
	uint64_t began_ns;			 /* of the present window, boot clock */
	struct snapshot live, frozen;		 /* frozen: as it was when the pause began */
	bool paused;
	struct line *lines; /* of the view */
	struct row **rows;  /* to work with; both have room for all that is shown */
	size_t lines_room, rows_room;
};

/* @services: whether these are asked for too. -ENOMEM. model_release() is due in any case. */
int model_init(struct model *model, const struct top_options *options, bool services);
int model_load(struct model *model); /* the programs of BPF; negative errno */
void model_release(struct model *model);

/* Ends the window and takes it. Negative errno: nothing has changed but, perhaps, the window's beginning. */
int model_window(struct model *model);

/* What is shown: the live one, or in a pause what that holds. */
struct snapshot *model_shown(struct model *model);

/* Begins or ends a pause. The windows go on being measured, or a map of the kernel's would fill up. -ENOMEM: no pause. */
int model_pause(struct model *model, bool paused);

/* Reads the facts that order and filter of the view need. */
void model_prepare(struct model *model, const struct view *view);

/* The lines of the view to model->lines. @opened: as for service_lines(). Returns how many. */
size_t model_lines(struct model *model, const struct view *view, const struct opened *opened);

/*
 * All there is to know of @lines, some of model->lines, that are looked at. What the kernel has to be asked for at length gets
 * @budget_ns of time, twice: for how much memory the processes of services have, and for what is huge.
 */
void model_complete(struct model *model, const struct line *lines, size_t n, uint64_t budget_ns);

/* The memory of the services among @lines, where their cgroups tell it. */
void model_ask_cgroups(struct model *model, const struct line *lines, size_t n);

/* Whose they are and their command lines, and no more. */
void model_name(struct model *model, struct row *const *rows, size_t n);

#endif
