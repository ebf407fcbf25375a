// SPDX-License-Identifier: GPL-2.0
#include "sim/options.h"

#include "decide/cost.h"
#include "decide/region_count.h"

#include <argp.h>
#include <math.h>
#include <stdlib.h>

enum {
	OPT_MEM_MIB = 256,
	OPT_ACCESSES,
	OPT_SWEEPS,
	OPT_FLUSHES,
	OPT_TLB_SLOTS,
	OPT_SECONDS,
	OPT_SEED,
	OPT_RUNS,
	OPT_SAMPLE_US,
	OPT_AGGR_US,
	OPT_MAX_REGIONS,
	OPT_MONITOR_CPU_PCT,
	OPT_STALL_BUDGET_US,
	OPT_PAYBACK,
	OPT_COLLAPSE_US,
	OPT_SAMPLE_NS,
	OPT_EMULATED,
};

static const struct argp_option help[] = {
	{0, 0, 0, 0, "The load:", 1},
	{"mem-mib", OPT_MEM_MIB, "N", 0, "Memory of its heap; each load has its own", 0},
	{"accesses", OPT_ACCESSES, "N", 0, "Accesses a second, all together; 5e6", 0},
	{"sweeps", OPT_SWEEPS, 0, 0, "It visits pages in turns, as tests/workload does; else by chance", 0},
	{"flushes", OPT_FLUSHES, "N", 0, "Flushes of the TLB a second; 10", 0},
	{"tlb-slots", OPT_TLB_SLOTS, "N", 0, "Huge translations that the TLB holds; 1024", 0},
	{0, 0, 0, 0, "The machine:", 2},
	{"collapse-us", OPT_COLLAPSE_US, "US", 0, "CPU time of a collapse; 650", 0},
	{"sample-ns", OPT_SAMPLE_NS, "NS", 0, "CPU time for a page that a kdamond checks; 400", 0},
	{"emulated", OPT_EMULATED, 0, 0,
	 "As the VM of bench-vm: 2.5e6 accesses a second that sweep, 250 flushes, collapses of 17000 us, "
	 "3200 ns a page, --stall-budget-us 1000000 --monitor-cpu-pct 0 --payback 200000",
	 0},
	{0, 0, 0, 0, "As of hotdamon run:", 3},
	{"sample-us", OPT_SAMPLE_US, "US", 0, "5000", 0},
	{"aggr-us", OPT_AGGR_US, "US", 0, "100000", 0},
	{"max-regions", OPT_MAX_REGIONS, "N", 0, "8192", 0},
	{"monitor-cpu-pct", OPT_MONITOR_CPU_PCT, "PCT", 0, "1", 0},
	{"stall-budget-us", OPT_STALL_BUDGET_US, "US", 0, "20000", 0},
	{"payback", OPT_PAYBACK, "SEC", 0, "600", 0},
	{0, 0, 0, 0, "The run:", 4},
	{"seconds", OPT_SECONDS, "S", 0, "How long it lasts; 60", 0},
	{"seed", OPT_SEED, "N", 0, "1", 0},
	{"runs", OPT_RUNS, "N", 0, "So many, each with the next seed; 1", 0},
	{0},
};

static double number(const struct argp_state *state, const char *arg, double least)
{
	char *end;
	double value = strtod(arg, &end);

	if (end == arg || *end || !isfinite(value) || value < least)
		argp_error(state, "%s: a number from %g up is wanted", arg, least);
	return value;
}

static uint64_t whole(const struct argp_state *state, const char *arg, double least)
{
	return (uint64_t)number(state, arg, least);
}

/* README.md says which of these were measured. */
static void emulate(struct run_spec *spec)
{
	spec->heap.accesses_per_s = 2.5e6;
	spec->heap.sweeps = true;
	spec->heap.flushes_per_s = 250;
	spec->collapse_us = 17000;
	spec->sample_ns = 3200;
	spec->policy.stall_budget_us = 1000000;
	spec->policy.monitor_cpu_pct = 0;
	spec->policy.worth.payback_s = 200000;
}

static error_t parse_machine(int key, char *arg, struct argp_state *state)
{
	struct run_spec *spec = &((struct sim_options *)state->input)->spec;

	switch (key) {
	case OPT_MEM_MIB:
		spec->heap.mem_bytes = whole(state, arg, 2) * MIB_BYTES;
		return 0;
	case OPT_ACCESSES:
		spec->heap.accesses_per_s = number(state, arg, 1);
		return 0;
	case OPT_SWEEPS:
		spec->heap.sweeps = true;
		return 0;
	case OPT_FLUSHES:
		spec->heap.flushes_per_s = number(state, arg, 0.001);
		return 0;
	case OPT_TLB_SLOTS:
		spec->tlb_slots = whole(state, arg, 0);
		return 0;
	case OPT_COLLAPSE_US:
		spec->collapse_us = number(state, arg, 1);
		return 0;
	case OPT_SAMPLE_NS:
		spec->sample_ns = number(state, arg, 0);
		return 0;
	case OPT_EMULATED:
		emulate(spec);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_policy(int key, char *arg, struct argp_state *state)
{
	struct policy_options *policy = &((struct sim_options *)state->input)->spec.policy;

	switch (key) {
	case OPT_SAMPLE_US:
		policy->sample_us = whole(state, arg, 1);
		return 0;
	case OPT_AGGR_US:
		policy->aggr_us = whole(state, arg, 1);
		return 0;
	case OPT_MAX_REGIONS:
		policy->max_regions = whole(state, arg, (double)policy->min_regions);
		return 0;
	case OPT_MONITOR_CPU_PCT:
		policy->monitor_cpu_pct = number(state, arg, 0);
		return 0;
	case OPT_STALL_BUDGET_US:
		policy->stall_budget_us = whole(state, arg, 1);
		return 0;
	case OPT_PAYBACK:
		policy->worth.payback_s = whole(state, arg, 1);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sim_options *options = state->input;

	switch (key) {
	case OPT_SECONDS:
		options->spec.lasts_s = number(state, arg, 1);
		return 0;
	case OPT_SEED:
		options->seed = whole(state, arg, 0);
		return 0;
	case OPT_RUNS:
		options->runs = whole(state, arg, 1);
		return 0;
	case ARGP_KEY_ARG:
		if (options->spec.load)
			argp_usage(state);
		options->spec.load = arg;
		return 0;
	case ARGP_KEY_END:
		if (!options->spec.load)
			argp_error(state, "a load is wanted: %s", load_names());
		if (options->spec.policy.aggr_us < options->spec.policy.sample_us)
			argp_error(state, "--aggr-us is below --sample-us");
		return 0;
	default:
		if (!parse_machine(key, arg, state))
			return 0;
		return parse_policy(key, arg, state);
	}
}

void sim_options_parse(int argc, char **argv, struct sim_options *options)
{
	static const struct argp argp = {
		.options = help,
		.parser = parse,
		.args_doc = "LOAD",
		.doc = "What hotdamon's policy, executor madvise, makes of a heap that is only imagined.\v"
		       "LOAD: uniform, zipf, range, upper, islands, many_islands, moving, hammered, "
		       "resident.",
	};

	*options = (struct sim_options){
		.spec =
			{
				.heap = {.accesses_per_s = 5e6, .flushes_per_s = 10},
				.policy = {.sample_us = 5000,
					   .aggr_us = 100000,
					   .min_regions = 10,
					   .max_regions = REGION_COUNT_DEFAULT_BY_SLOTS,
					   .monitor_cpu_pct = 1,
					   .stall_budget_us = PACE_DEFAULT_BUDGET_US,
					   .worth = {.miss_ns = COST_MISS_DEFAULT_NS,
						     .collapse_ns = COST_COLLAPSE_DEFAULT_NS,
						     .payback_s = WORTH_DEFAULT_PAYBACK_S}},
				.lasts_s = 60,
				.collapse_us = 650,
				.sample_ns = 400,
				.tlb_slots = 1024,
				.at_s = {5, 15, 30, 60, 120, 180, 300, 600},
				.n_at = RUN_ATS,
			},
		.seed = 1,
		.runs = 1,
	};
	argp_parse(&argp, argc, argv, 0, NULL, options);
}
