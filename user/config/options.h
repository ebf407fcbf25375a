/* SPDX-License-Identifier: GPL-2.0 */
/* What `hotdamon run` was told to do: the values of its options. The options themselves: config/option.h. */
#ifndef HOTDAMON_CONFIG_OPTIONS_H
#define HOTDAMON_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decide/executor.h"
#include "decide/ranking.h"
#include "decide/room.h"
#include "decide/rules.h"

#define RUN_MAX_SEATS	  256
#define RUN_TEXT_LEN	  256 /* of a path, an address or other words */
#define DEFAULT_STATE_DIR "/run/hotdamon"

/* Flat: what cannot change while it runs is copied from the old to the new. See config/option.h for how to add one. */
struct run_options {
	unsigned int top;	/* services; or processes, by_process */
	bool by_process;	/* each is a service of its own, with one seat */
	unsigned int members;	/* seats that a service may have */
	unsigned int max_seats; /* in all, by service */
	unsigned int user_share_pct;
	double interval_s;
	enum rank_by rank_by;
	double min_cpu_pct;
	uint64_t min_mem_bytes;
	uint32_t max_processes; /* of the map of processes; 0: by pid_max */
	enum executor_kind executor;
	bool dry_run; /* stronger than the executor */
	bool progressive;
	uint32_t pids[RUN_MAX_SEATS]; /* --pid */
	unsigned int n_pids;	      /* 0: choose by heat */
	struct rules rules;	      /* --only, --exclude, [rule NAME]; of what is chosen by heat */
	uint64_t sample_us, aggr_us, update_us;
	uint64_t min_regions, max_regions; /* max_regions 0: by the executor */
	double monitor_cpu_pct;		   /* 0: no bound */
	uint64_t quota_ms, quota_bytes, quota_reset_ms;
	uint64_t stall_budget_us;			/* of executor madvise: a target's, per second */
	struct room_config room;			/* of all that collapse */
	uint64_t payback_s;				/* what pays back within so long is collapsed */
	uint64_t max_huge_bytes, max_target_huge_bytes; /* 0: no cap */
	double miss_ns;					/* what a TLB miss costs; 0: it is measured */
	double trial_s; /* without gain, after which a process is left; 0: never */
	bool stop_damon_stat;
	bool align_shared; /* have the kernel align shared memory */
	double duration_s; /* 0: until a signal */
	char state_dir[RUN_TEXT_LEN];
	char metrics[RUN_TEXT_LEN];	 /* of base/address.h: where they are served; "": nowhere */
	char metrics_file[RUN_TEXT_LEN]; /* absolute, *.prom; "": none */
	char on_event[RUN_TEXT_LEN];	 /* a program, absolute; "": none */
	bool unheld; /* a dry run that was given no state_dir: it takes no lock, leaves nothing anywhere, and stays so */
};

/* What is so where nobody said anything. */
void run_options_init(struct run_options *options);

/* As it is to be used: none at all in a dry run. */
static inline enum executor_kind run_executor(const struct run_options *options)
{
	return options->dry_run ? EXECUTOR_DRY_RUN : options->executor;
}

/* A tick is made of so many steps of so long: the evidence is looked at about once a second, however long a tick is. */
unsigned int run_steps_per_tick(const struct run_options *options);
uint64_t run_step_ns(const struct run_options *options);

#endif
